import type { HideCopies } from '../model/copy-action.ts';
import { ok } from '../model/result.ts';
import { lookAtMirror, type MirrorLook, notChanged } from './mirror-look.ts';
import { type Checked, failed, stale } from './not-done.ts';
import type { Performer } from './performer.ts';

/** Deletes a chain at a mirror: its manifests are hidden, its data stay until they are purged. */
export const hideCopies: Performer<HideCopies> = {
  async check(action, tools) {
    const look = await lookAtMirror(action, tools);
    return look.ok ? compare(action, look.value) : look;
  },

  async apply(action, tools) {
    const { mirror: ref, directory, chain, points } = action;
    const mirror = tools.drivers.openMirror(ref);
    if (!mirror.ok) return failed(mirror.error);
    const noted = tools.log.step('hide', `${ref.name}:domains/${directory}/${chain}`, null);
    if (!noted.ok) return failed(noted.error);
    const hidden = await mirror.value.hide({
      directory,
      chain,
      pointDirectories: points.map((point) => point.directory),
      at: tools.drivers.clock(),
      signal: tools.signal,
    });
    if (!hidden.ok) return notChanged(hidden.error, tools);
    return ok({ code: 'done', bytes: action.bytes });
  },
};

/** Exactly the planned points must be there, none of them held; those that are hidden already are no loss. */
function compare({ mirror, chain: id, points }: HideCopies, { directory }: MirrorLook): Checked {
  const chain = directory?.chains.find((one) => one.id === id);
  if (chain === undefined) return ok('already');
  if (chain.held || chain.points.some((point) => point.held === true)) {
    return stale('held', `Chain ${id} is held at mirror ${mirror.name}, so it stays there.`);
  }
  const planned = new Set(points.map((point) => point.id));
  const added = chain.points.find((point) => !planned.has(point.id));
  if (added !== undefined) {
    const message = `Chain ${id} at mirror ${mirror.name} has point ${added.id}, which the plan did not see.`;
    return stale('points-differ', message);
  }
  const there = new Set([
    ...chain.points.map((point) => point.id),
    ...(directory?.deleted ?? []).filter((point) => point.chain === id).map((point) => point.id),
  ]);
  const gone = points.find((point) => !there.has(point.id));
  if (gone === undefined) return ok('ready');
  const message = `Chain ${id} at mirror ${mirror.name} has lost point ${gone.id} since the plan was made.`;
  return stale('points-differ', message);
}
