import type { PurgeCopies } from '../model/copy-action.ts';
import { ok } from '../model/result.ts';
import { lookAtMirror, type MirrorLook, notChanged } from './mirror-look.ts';
import { type Checked, failed, stale } from './not-done.ts';
import type { Performer } from './performer.ts';

/** Removes for good what was deleted at a mirror. */
export const purgeCopies: Performer<PurgeCopies> = {
  async check(action, tools) {
    const look = await lookAtMirror(action, tools);
    return look.ok ? compare(action, look.value) : look;
  },

  async apply(action, tools) {
    const { mirror: ref, directory, chain, points } = action;
    const mirror = tools.drivers.openMirror(ref);
    if (!mirror.ok) return failed(mirror.error);
    const noted = tools.log.step('purge', `${ref.name}:domains/${directory}/${chain}`, null);
    if (!noted.ok) return failed(noted.error);
    const purged = await mirror.value.purge({
      directory,
      chain,
      pointDirectories: points.map((point) => point.directory),
      signal: tools.signal,
    });
    if (!purged.ok) return notChanged(purged.error, tools);
    return ok({ code: 'done', bytes: action.bytes });
  },
};

/** None of the points may have its manifest there (again), or be held; what is gone already is no loss. */
function compare({ mirror, chain: id, points }: PurgeCopies, { directory }: MirrorLook): Checked {
  const places = new Set(points.map((point) => point.directory));
  const ids = new Set(points.map((point) => point.id));
  const chain = directory?.chains.find((one) => one.id === id);
  const back = chain?.points.find((point) => ids.has(point.id));
  if (back !== undefined) {
    const message = `Point ${back.id} of chain ${id} is at mirror ${mirror.name} again, so nothing of it is purged.`;
    return stale('points-differ', message);
  }
  const deleted = (directory?.deleted ?? []).filter(
    (point) => point.chain === id && places.has(point.pointDirectory),
  );
  const held = deleted.find((point) => point.held === true);
  if (held !== undefined || (chain?.held === true && deleted.length > 0)) {
    return stale('held', `Chain ${id} is held at mirror ${mirror.name}, so it stays there.`);
  }
  const parts = (directory?.partial ?? []).filter(
    (part) => part.chain === id && places.has(part.pointDirectory),
  );
  return ok(deleted.length + parts.length === 0 ? 'already' : 'ready');
}
