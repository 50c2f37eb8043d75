import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import { runId } from '../../src/model/identity.ts';
import { repair } from './dead-run.ts';
import { type FakeDomain, fakeDomain } from './fake-hypervisor.ts';
import { backupOf, FakeWorld } from './fake-world.ts';

const secondRun = runId('20261122T030000Z-00000002');

const redefine = (world: FakeWorld, vm: FakeDomain): Action => {
  const full = backupOf(world, vm);
  const { checkpoint } = full;
  if (checkpoint === null) throw new Error('no checkpoint');
  return {
    ...repair,
    kind: 'redefine-checkpoint',
    id: 'redefine',
    address: 'domain/vm1',
    domain: full.domain,
    store: world.store,
    checkpoint,
    chain: full.chain,
    point: full.point,
    definition: `domains/vm1/${full.chain}/${full.pointDirectory}/checkpoint.xml`,
  };
};

describe('redefining a checkpoint', () => {
  it('takes the saved definition', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    await world.apply([backupOf(world, vm)]);
    vm.checkpoints = [];
    const report = await world.apply([redefine(world, vm)], { run: secondRun });
    expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
    expect(vm.checkpoints).toEqual(['<domaincheckpoint/>']);
  });

  it('refuses one that is not as the manifest says', async () => {
    const vm = fakeDomain(1);
    using world = new FakeWorld([vm]);
    await world.apply([backupOf(world, vm)]);
    vm.checkpoints = [];
    const action = redefine(world, vm);
    if (action.kind !== 'redefine-checkpoint') throw new Error('another kind');
    const path = join(world.store.path, action.definition);
    writeFileSync(path, '<other/>');
    const report = await world.apply([action], { run: secondRun });
    expect(report.actions.map(({ outcome }) => outcome)).toEqual([
      {
        code: 'failed',
        failure: { code: 'corrupt', message: `${path} is not as its manifest says.` },
      },
    ]);
    expect(vm.checkpoints).toEqual([]);
  });
});
