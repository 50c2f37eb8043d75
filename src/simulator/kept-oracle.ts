import { runnableActions } from '../model/plan.ts';
import { keyOf, nameOf, type Oracle } from './scene.ts';
import { takenBack } from './ways-back.ts';

/** I1: a point that was reported as done stays, unless a plan shows its deletion; and that is a move to the trash first. */
export const isKept: Oracle = (scene) => {
  const { before, after, results, world } = scene;
  const unsure = takenBack(scene);
  const now = new Map(after.map((point) => [`${point.trash} ${keyOf(point)}`, point]));
  const shown = new Set(
    results.flatMap(({ plan }) =>
      plan === null
        ? []
        : runnableActions(plan).flatMap((action) => {
            if (action.kind === 'trash-chain') return [`live ${action.chain}`];
            return action.kind === 'purge-trash' ? [action.path] : [];
          }),
    ),
  );
  for (const path of shown) if (path.startsWith('.trash')) world.purging.add(path);
  return before.flatMap((point) => {
    if (!world.acknowledged.has(keyOf(point)) || world.damaged.has(keyOf(point))) return [];
    if (now.get(`${point.trash} ${keyOf(point)}`)?.isValid === true) return [];
    if (point.trash !== null) {
      // A crash may take a move to the trash back; and a purge ends where its plan said so.
      const isBack = now.get(`null ${keyOf(point)}`)?.isValid === true;
      return isBack || world.purging.has(point.trash)
        ? []
        : [`${nameOf(point)} left the trash, and no plan shows it`];
    }
    // Nobody was told that it was back, and it is in the trash as it was.
    if (unsure.has(keyOf(point))) return [];
    if (!shown.has(`live ${point.chain}`))
      return [`${nameOf(point)} is gone, and no plan shows it`];
    const isTrash = after.some((one) => one.isTrash && one.isValid && keyOf(one) === keyOf(point));
    return isTrash ? [] : [`${nameOf(point)} was deleted past the trash`];
  });
};
