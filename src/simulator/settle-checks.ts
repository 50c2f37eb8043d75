import { copiesOf } from './copies.ts';
import { fourRuns } from './four-runs.ts';
import { inventoryOf } from './inventory.ts';
import { storeOf } from './model-policy.ts';
import { isWholeAsWritten } from './point-truth.ts';
import { keyOf, nameOf, type Violation } from './scene.ts';
import type { StoryRun } from './story-run.ts';
import type { Step } from './story.ts';

/**
 * Liveness of checks: where points are checked each hour, what is damaged is not called valid
 * a day later, and what a mirror of its domain has whole is whole here again.
 */
export async function findsDamage(run: StoryRun, quiet: Step): Promise<readonly Violation[]> {
  const { world } = run;
  const { host } = world;
  const isTroubled = inventoryOf(host).some((point) => world.damaged.has(keyOf(point)));
  if (!isTroubled) return [];
  world.policy = { ...world.policy, verification: { everySeconds: 3600, depth: 'hash' } };
  host.pass(7200);
  const barred = await fourRuns(run, quiet);
  if (barred === null) return [];
  const { policy } = world;
  const copies = copiesOf(host);
  return inventoryOf(host).flatMap((point): readonly Violation[] => {
    if (point.isTrash || policy.left.has(point.uuid) || policy.ignored.has(point.uuid)) return [];
    const isManaged = host.domains.some(({ uuid }) => uuid === point.uuid);
    const store = storeOf(policy, point.uuid);
    const isHere = host.realPath(store.path) === point.disk && !barred.has(`store/${store.name}`);
    if (!isManaged || !isHere || isWholeAsWritten(host, point)) return [];
    if (point.isValid) {
      return [{ id: 'check', message: `${nameOf(point)} is damaged, and nobody has found it` }];
    }
    const good = copies.find(
      (copy) =>
        policy.mirrors.some(({ name }) => name === copy.mirror) &&
        copy.store === point.manifest.store &&
        copy.directory === point.directory &&
        copy.manifest.point === point.manifest.point &&
        !copy.isHidden &&
        copy.isIntact,
    );
    return good === undefined
      ? []
      : [{ id: 'check', message: `${nameOf(point)} is damaged, and ${good.mirror} has it whole` }];
  });
}
