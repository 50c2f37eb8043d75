import { join } from 'node:path';
import { failureOfAbort } from '../model/abort.ts';
import type { CopyPoints } from '../model/copy-action.ts';
import { ok, type Result } from '../model/result.ts';
import { pointPath, quarantineName } from '../store/layout.ts';
import type { Store } from '../store/store.ts';
import { endMending, filesToMend } from './mend-copies.ts';
import { failed, interrupted, type NotDone, stale, waiting } from './not-done.ts';
import type { Performer } from './performer.ts';
import { suspectCopied } from './suspect-points.ts';
import type { Tools } from './tools.ts';

/**
 * Copies points of one chain to a mirror. No lock of the domain is taken: a copy may take days, and a
 * backup of the same domain must not wait for it (I9). A chain that is moved to the trash meanwhile
 * fails the copy, for its files are not where they were, and loses nothing.
 */
export const copyPoints: Performer<CopyPoints> = {
  async check(action, tools) {
    const opened = tools.store(action.store);
    if (!opened.ok) return failed(opened.error);
    const mirror = tools.drivers.openMirror(action.mirror);
    if (!mirror.ok) return failed(mirror.error);
    const there = pointsThere(action, opened.value, tools);
    return there.ok ? ok('ready') : there;
  },

  async apply(action, tools) {
    const { mirror: ref, store, directory, chain, points, compare, damaged = [] } = action;
    const mirror = tools.drivers.openMirror(ref);
    if (!mirror.ok) return failed(mirror.error);
    const noted = tools.log.step('copy', `${ref.name}:domains/${directory}/${chain}`, null);
    if (!noted.ok) return failed(noted.error);
    const later = tools.copySignal();
    const signal = AbortSignal.any([tools.signal, later]);
    const notNow = (): Result<never, NotDone> => {
      if (tools.signal.aborted) return interrupted;
      const { code, message } = failureOfAbort(later, `The copy to ${ref.name}`);
      return waiting(code, message);
    };
    const opened = tools.store(store);
    if (!opened.ok) return failed(opened.error);
    const mending = { action, mirror: mirror.value, store: opened.value, damaged };
    const only = damaged.length === 0 ? ok(null) : await filesToMend(mending, tools, signal);
    if (!only.ok) return signal.aborted ? notNow() : only;
    const total = totalOf(points);
    let done = 0;
    const copied = await mirror.value.copy({
      directory,
      chain,
      pointDirectories: points.map((point) => point.directory),
      storePath: store.path,
      compare,
      ...(only.value === null ? {} : { only: only.value }),
      onBytes: (bytes) => {
        done += bytes;
        tools.log.progress(done, total);
      },
      signal,
    });
    if (!copied.ok) {
      if (signal.aborted) return notNow();
      const { error } = failed(copied.error);
      return suspectCopied(action, error, opened.value, tools);
    }
    const mended = damaged.length > 0 ? await endMending(mending, tools, signal) : ok(undefined);
    if (!mended.ok) return signal.aborted ? notNow() : failed(mended.error);
    const { files, bytes } = copied.value;
    return ok(files === 0 && damaged.length === 0 ? { code: 'already' } : { code: 'done', bytes });
  },
};

function totalOf(points: CopyPoints['points']): number | null {
  let total = 0;
  for (const { bytes } of points) {
    if (bytes === null) return null;
    total += bytes;
  }
  return total;
}

/** Whether each point is in the store as the plan saw it; a bad one is not worth its way. */
function pointsThere(
  { store: ref, directory, chain, points }: CopyPoints,
  store: Store,
  { drivers }: Tools,
): Result<void, NotDone> {
  for (const point of points) {
    const place = { directory, chain, pointDirectory: point.directory };
    const path = pointPath(place);
    if (!path.ok) return failed(path.error);
    const found = store.readManifest(place);
    if (!found.ok && drivers.files.exists(join(ref.path, path.value, 'point.json'))) {
      return failed(found.error);
    }
    if (!found.ok || found.value.point !== point.id) {
      const message = `Point ${point.id} is not in ${path.value} of store ${ref.name} any more, so it is not copied; plan again.`;
      return stale('point-gone', message);
    }
    if (drivers.files.exists(join(ref.path, path.value, quarantineName))) {
      const message = `Point ${point.id} of store ${ref.name} is quarantined, so it is not copied.`;
      return stale('quarantined', message);
    }
  }
  return ok(undefined);
}
