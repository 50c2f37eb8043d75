import { expect, it } from 'vitest';
import { deadRun, repair } from './dead-run.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { FakeWorld } from './fake-world.ts';

it('a domain on which another program works is not stopped under it (I7)', async () => {
  const vm = fakeDomain(1, { state: 'paused', runningId: 7, foreignJob: true });
  using world = new FakeWorld([vm]);
  const report = await world.apply([
    {
      ...repair,
      kind: 'restore-power-state',
      id: 'stop',
      address: 'domain/vm1',
      domain: { uuid: vm.uuid, name: vm.name },
      run: deadRun,
      runningId: 7,
    },
  ]);
  expect(vm.state).toBe('paused');
  const message = 'vm1 has another job, which would end if it were stopped.';
  expect(report.actions.map(({ outcome }) => outcome)).toEqual([
    { code: 'waiting', failure: { code: 'job-runs', message } },
  ]);
});
