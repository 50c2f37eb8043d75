import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import { runId } from '../../src/model/identity.ts';
import { repair } from './dead-run.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { backupOf, FakeWorld } from './fake-world.ts';

const secondRun = runId('20261122T030000Z-00000002');

const setUp = async () => {
  const vm = fakeDomain(1);
  const other = fakeDomain(2);
  const world = new FakeWorld([vm, other]);
  const backups = [backupOf(world, vm), backupOf(world, other)];
  await world.apply(backups);
  const trash = backups.map(({ domain, directory, chain, point }): Action => ({
    ...repair,
    wave: 90,
    kind: 'trash-chain',
    id: `trash:${directory}`,
    address: `domain/${directory}`,
    domain,
    store: world.store,
    directory,
    chain,
    points: [point],
    purgeAfter: '2026-11-25T02:00:00.000Z',
  }));
  return { world, vm, other, backups, trash };
};

describe('deletions', () => {
  it('move a chain to the trash and later remove it', async () => {
    const { world, backups, trash } = await setUp();
    using _ = world;
    const report = await world.apply(trash.slice(0, 1), { run: secondRun });
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
    expect(world.points()).toEqual([expect.stringMatching(/^vm2/)]);
    const [backup] = backups;
    if (backup === undefined) throw new Error('no backup');
    const path = `.trash/${secondRun}/vm1/${backup.chain}`;
    expect(readdirSync(join(world.store.path, path))).toContain(backup.pointDirectory);
    const again = await world.apply(trash.slice(0, 1), { run: runId('20261122T040000Z-00000003') });
    expect(again.actions.map(({ outcome }) => outcome)).toEqual([{ code: 'already' }]);
    const purge: Action = {
      ...repair,
      wave: 90,
      kind: 'purge-trash',
      id: 'purge',
      address: 'domain/vm1',
      domain: backup.domain,
      store: world.store,
      run: secondRun,
      path,
      chain: backup.chain,
    };
    const purged = await world.apply([purge], { run: runId('20261122T050000Z-00000004') });
    expect(purged.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
    expect(existsSync(join(world.store.path, path))).toBe(false);
  });

  it('leave a chain alone that a domain has among its images (G213)', async () => {
    const { world, vm, backups, trash } = await setUp();
    using _ = world;
    const used = join(world.store.path, 'domains/vm1', backups[0]?.chain ?? '', 'x/vda.qcow2');
    vm.backing.push(used);
    const report = await world.apply(trash, { run: secondRun });
    expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([
      {
        code: 'stale',
        failure: {
          code: 'in-use',
          message: `A domain has ${used} among its images, so chain ${backups[0]?.chain} stays.`,
        },
      },
      { code: 'done' },
    ]);
  });

  it('leave a chain alone that got a point or a hold meanwhile', async () => {
    const { world, vm, backups, trash } = await setUp();
    using _ = world;
    const [full, other] = backups;
    if (full === undefined || other === undefined) throw new Error('no backups');
    await world.apply([backupOf(world, vm, {}, full)], { run: secondRun });
    const place = join(world.store.path, 'domains', 'vm2', other.chain, 'hold.json');
    writeFileSync(
      place,
      '{"formatVersion":1,"who":"me","at":"2026-11-22T02:00:00.000Z","reason":"x"}',
    );
    const report = await world.apply(trash, { run: runId('20261122T040000Z-00000003') });
    expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([
      { code: 'stale', failure: { code: 'points-differ' } },
      { code: 'stale', failure: { code: 'held' } },
    ]);
    expect(world.points().filter((path) => !path.includes('hold'))).toHaveLength(3);
  });

  it('do not take an unmounted store for one whose chain is gone', async () => {
    const { world, trash } = await setUp();
    using _ = world;
    const drivers = world.drivers();
    const unmounted = {
      ok: false,
      error: { code: 'marker-missing', message: 'No marker.' },
    } as const;
    const report = await world.apply(trash, {
      run: secondRun,
      drivers: { ...drivers, openStore: () => unmounted },
    });
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['failed', 'failed']);
  });
});
