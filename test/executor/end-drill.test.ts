import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DrillHost } from '../../src/hypervisor/drill-host.ts';
import type { EndDrill } from '../../src/model/drill-action.ts';
import { drillName, type DrillGuest } from '../../src/model/drill.ts';
import { domainUuid, runId } from '../../src/model/identity.ts';
import { leftOf } from '../../src/model/leftover.ts';
import { ok } from '../../src/model/result.ts';
import { deadRun, deadRuns, die, repair } from './dead-run.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { FakeWorld } from './fake-world.ts';

const guest: DrillGuest = {
  uuid: domainUuid('0d0d0d0d-1111-4222-8333-444444444444'),
  name: drillName('web01', deadRun),
};

/** A run that began a drill of the world's domain, and died. */
function dieIn(world: FakeWorld): EndDrill {
  const { uuid, name } = fakeDomain(1);
  const paths = ['scratch', 'run'].map((place) => join(world.root, place, `drill-${deadRun}-0`));
  for (const path of paths) {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'vda.qcow2'), 'overlay');
  }
  die(world, [{ kind: 'drill', uuid, name, guest, paths }]);
  return {
    ...repair,
    kind: 'end-drill',
    id: 'end-drill',
    address: `domain/${name}`,
    bytes: 14,
    domain: { uuid, name },
    run: deadRun,
    guest,
    paths,
  };
}

/** A world whose hypervisor says this of a machine that was left. */
function worldOf(left: 'ended' | 'gone' | 'kept'): FakeWorld {
  const world = new FakeWorld([fakeDomain(1)]);
  // Of all that a host does for drills, only this is asked.
  const drills = { endLeft: async () => ok(left) } as unknown as DrillHost;
  Object.assign(world.hypervisor, { drills });
  return world;
}

const left = async (world: FakeWorld) => {
  const all = await world.hypervisor.observe();
  return leftOf(await deadRuns(world), all).map(({ leftover }) => leftover.is);
};

describe('end-drill', () => {
  it.each(['ended', 'gone'] as const)(
    '%s: removes what it stood on, and closes the intent',
    async (how) => {
      using world = worldOf(how);
      const action = dieIn(world);
      expect(await left(world)).toEqual(['left']);
      const report = await world.apply([action]);
      expect(report.actions[0]?.outcome).toMatchObject({ code: 'done', bytes: 14 });
      expect(action.paths.some((path) => existsSync(path))).toBe(false);
      expect(await left(world)).toEqual([]);
    },
  );

  it('leaves a machine that somebody has defined, with all that it stands on', async () => {
    using world = worldOf('kept');
    const action = dieIn(world);
    const report = await world.apply([action]);
    expect(report.actions[0]?.outcome).toEqual({
      code: 'stale',
      failure: {
        code: 'machine-kept',
        message: `Somebody has defined ${guest.name}, so it stays as it is.`,
      },
    });
    expect(action.paths.every((path) => existsSync(path))).toBe(true);
  });

  it('removes nothing that the journal of a dead run does not name, whatever a plan says', async () => {
    using world = worldOf('ended');
    const action = dieIn(world);
    const stranger = join(world.root, 'stranger');
    writeFileSync(stranger, 'x');
    const others: readonly Partial<EndDrill>[] = [
      { paths: [stranger] },
      { paths: [`${action.paths[0]}/../../stranger`] },
      { guest: { ...guest, name: 'web01' } },
      { guest: { ...guest, uuid: fakeDomain(1).uuid } },
      { run: runId('20261121T020000Z-00000000') },
    ];
    for (const other of others) {
      const report = await world.apply([{ ...action, ...other }]);
      expect(report.actions[0]?.outcome).toMatchObject({
        code: 'stale',
        failure: { code: 'not-in-journal' },
      });
    }
    expect(existsSync(stranger)).toBe(true);
  });
});
