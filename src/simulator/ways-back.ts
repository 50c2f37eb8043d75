import { keyOf, type Scene } from './scene.ts';
import type { WayBack } from './world.ts';

/**
 * Keys of the points that a failure of power took back to where a person's `trash restore` was about
 * to take them from. That command died between the rename and its fsyncs, or said that it had failed:
 * nobody was told that they are back. They are whole in the trash, with the hold that keeps them from
 * being purged, so nothing is lost; a point that was published among them meanwhile is there with them.
 * It is no excuse as soon as a deletion has relied on them: once another chain of their domain went to
 * the trash, they are back for ever.
 */
export function takenBack(scene: Scene): ReadonlySet<string> {
  const { after, world } = scene;
  return new Set(
    [...world.waysBack.values()]
      .filter(({ boots }) => world.host.boots > boots)
      .filter((way) => !isFollowed(scene, way) && !isRelied(scene, way))
      .flatMap(({ disk, trash }) =>
        after.filter((one) => one.disk === disk && one.trash === trash && one.isHeld).map(keyOf),
      ),
  );
}

/** Whether another chain of the directory is in the trash since this step, whoever reported it. */
function isFollowed({ before, after, world }: Scene, { disk, directory }: WayBack): boolean {
  return after.some(
    (one) =>
      one.disk === disk &&
      one.directory === directory &&
      one.trash !== null &&
      !world.waysBack.has(`${disk} ${one.trash}`) &&
      before.some((was) => !was.isTrash && keyOf(was) === keyOf(one)),
  );
}

/** Whether a run of this step reported a deletion that needs the chain to be back. */
function isRelied({ results, world }: Scene, { disk, directory }: WayBack): boolean {
  return results.some(({ plan, events }) =>
    events.some((event) => {
      if (event.kind !== 'action-finished' || event.outcome.code !== 'done') return false;
      const action = plan?.actions.find(({ id }) => id === event.action);
      return (
        action?.kind === 'trash-chain' &&
        action.directory === directory &&
        world.host.realPath(action.store.path) === disk
      );
    }),
  );
}

/** Forgets the ways back that are certain now, one way or the other. */
export function noteWaysBack(scene: Scene): void {
  const { host, waysBack } = scene.world;
  for (const [key, way] of waysBack) {
    if (host.boots > way.boots || isRelied(scene, way)) waysBack.delete(key);
  }
}
