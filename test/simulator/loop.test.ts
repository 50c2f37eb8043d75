import { expect, it } from 'vitest';
import { newDomain } from '../../src/simulator/model-domain.ts';
import { ModelHost } from '../../src/simulator/model-host.ts';
import { firstPolicy } from '../../src/simulator/model-policy.ts';
import { guestWrites } from '../../src/simulator/qemu.ts';
import { type LoopResult, runLoop } from '../../src/simulator/run-loop.ts';

function simple(host: ModelHost): Promise<LoopResult> {
  return runLoop({
    host,
    policy: firstPolicy,
    seed: 1,
    faults: [],
    lies: [],
    stale: null,
    stateDir: '/var/lib/holdfast',
    mutation: {},
  });
}

it('takes a full, then an increment, with the real planner, executor and store', async () => {
  const host = new ModelHost();
  host.addMount('/mnt/main');
  const domain = newDomain(host.newUuid(), 'vm1', [{ target: 'vda', blocks: 8, inode: 1 }], 1);
  host.domains.push(domain);
  const [disk] = domain.disks;
  if (disk === undefined) throw new Error('no disk');
  guestWrites(domain, disk, 3, host.number());
  const first = await simple(host);
  expect(first.thrown).toBeNull();
  expect(first.report?.actions.map(({ kind, outcome }) => [kind, outcome.code])).toEqual([
    ['create-store', 'done'],
    ['backup', 'done'],
  ]);
  expect(first.report?.converged).toBe(true);
  host.pass(3600);
  guestWrites(domain, disk, 5, host.number());
  const second = await simple(host);
  expect(second.report?.actions.map(({ kind, outcome }) => [kind, outcome.code])).toEqual([
    ['backup', 'done'],
  ]);
  expect(second.plan?.actions[0]).toMatchObject({ level: 'increment' });
  expect(second.report?.converged).toBe(true);
  host.pass(60);
  expect((await simple(host)).plan?.actions).toEqual([]);
});
