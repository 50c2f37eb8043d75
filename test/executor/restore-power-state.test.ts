import { expect, it } from 'vitest';
import { runId } from '../../src/model/identity.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { FakeWorld } from './fake-world.ts';

it('a domain on which another program works is not stopped under it (I7)', async () => {
  const vm = fakeDomain(1, { state: 'paused', runningId: 7, foreignJob: true });
  using world = new FakeWorld([vm]);
  const report = await world.apply([
    {
      kind: 'restore-power-state',
      id: 'stop',
      wave: 10,
      address: 'domain/vm1',
      dependsOn: [],
      reasons: [],
      place: null,
      blockedBy: [],
      bytes: null,
      domain: { uuid: vm.uuid, name: vm.name },
      run: runId('20261121T020000Z-0000dead'),
      runningId: 7,
    },
  ]);
  expect(vm.state).toBe('paused');
  const message = 'vm1 has another job, which would end if it were stopped.';
  expect(report.actions.map(({ outcome }) => outcome)).toEqual([
    { code: 'waiting', failure: { code: 'job-runs', message } },
  ]);
});
