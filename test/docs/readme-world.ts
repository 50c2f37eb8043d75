import { checkpointOf } from '../../src/model/identity.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import { seen } from '../../src/model/result.ts';
import { chain, directory, pointAt } from '../planner/build-chain.ts';
import { disk, domain, tracked } from '../planner/build-domain.ts';
import { gib, mainId } from '../planner/build-policy.ts';
import { mainStore, memoryFor, observedState, readyStore } from '../planner/build.ts';
import { desiredOf } from '../planner/stories/story.ts';

const web01 = domain(1, 'web01');
const db1 = domain(2, 'db1', {
  disks: [disk('db1', 'vda', 201), disk('db1', 'vdb', 202, { allocatedBytes: 48 * gib })],
});
const mail01 = domain(3, 'mail01', {
  disks: [disk('mail01', 'vda', 301, { allocatedBytes: 48 * gib })],
});
const web01At = directory(web01, [
  chain('2026-08-05T00:00:00.000Z', 30),
  chain('2026-09-04T00:00:00.000Z', 30),
  chain('2026-10-04T00:00:00.000Z', 30),
  chain('2026-11-03T01:00:00.000Z', 19),
]);
const db1At = directory(db1, [chain('2026-11-17T01:00:00.000Z', 5, { full: 56 * gib })]);

const web01Tracked = tracked(web01, web01At);
// A run was killed before it could publish: its checkpoint stayed.
const leftover = {
  name: checkpointOf(mainId, pointAt('2026-11-22T01:00:00.000Z', 'dead')),
  parent: null,
  disks: [],
};

/** The host of the README's plan, an hour after its last apply with that policy. */
export function readmeWorld(policy: string): ObservedState {
  const domains = [
    {
      ...web01Tracked,
      checkpoints: web01Tracked.checkpoints.seen
        ? seen([...web01Tracked.checkpoints.value, leftover])
        : web01Tracked.checkpoints,
    },
    // QEMU was killed: the checkpoint is listed, the bitmap behind it is gone.
    tracked(db1, db1At, { dirtyBytes: null }),
    mail01,
    domain(4, 'scratch-7'),
    domain(5, 'old01'),
  ];
  const store = readyStore([web01At, db1At]);
  const bare = observedState(domains, [mainStore(store)]);
  const memory = memoryFor(desiredOf(policy, bare), store);
  return { ...bare, stores: [mainStore({ ...store, memory })] };
}
