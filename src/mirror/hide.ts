import type { Instant } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { jsonText } from '../store/durable.ts';
import { holdName, manifestName } from '../store/layout.ts';
import { parseManifest } from '../store/manifest.ts';
import { formatOne, instant, record } from '../store/shape.ts';
import { lookThere, refuseWithoutMarker } from './look.ts';
import type { PointsOfChain } from './mirror.ts';
import { deletedManifestName, deletedName, placesOf } from './places.ts';
import { mirrorFailure, withScratch, writeScratch, type Work } from './work.ts';

/** `deleted.json` beside a hidden manifest: the far end's clock says nothing about when. */
export const deletedShape = record((field) => ({
  formatVersion: field('formatVersion', formatOne),
  at: field('at', instant),
}));

/** Why nothing is deleted there; ok if it may be. No process is started to know it. */
export function mayDelete(work: Work): Result<void, Failure> {
  if (work.settings.deletes === 'allowed') return ok(undefined);
  return mirrorFailure(
    work,
    'deletes-never',
    'the policy gives this host no right to delete there (deletes: never); delete at the mirror itself',
  );
}

/** `Mirror.hide`: three processes (rclone: two and one a point). */
export async function hidePoints(
  work: Work,
  request: PointsOfChain & { readonly at: Instant },
): Promise<Result<void, Failure>> {
  const { chain, signal, at } = request;
  const allowed = mayDelete(work);
  if (!allowed.ok) return allowed;
  return withScratch(work, async (scratch) => {
    const place = placesOf(request);
    if (!place.ok) return place;
    const { points, chainPath } = place.value;
    const asked = points.flatMap(({ path }) =>
      [manifestName, deletedManifestName, holdName].map((name) => `${path}/${name}`),
    );
    const look = await lookThere(work, scratch, [`${chainPath}/${holdName}`, ...asked], signal);
    if (!look.ok) return look;
    const ours = refuseWithoutMarker(work, look.value);
    if (!ours.ok) return ours;
    const { read } = look.value;
    const held = [chainPath, ...points.map(({ path }) => path)].find(
      (path) => read(`${path}/${holdName}`) !== null,
    );
    if (held !== undefined)
      return mirrorFailure(work, 'held', `${held} is held there; release it at the mirror first`);
    const live = points.filter(({ path }) => read(`${path}/${manifestName}`) !== null);
    for (const { name, path } of points) {
      const content = read(`${path}/${manifestName}`);
      if (content === null && read(`${path}/${deletedManifestName}`) === null) {
        return mirrorFailure(work, 'not-a-point', `${path} has no ${manifestName} there`);
      }
      // Ours by its contents, or not touched (I7). A damaged one says nothing against it.
      const parsed =
        content === null
          ? null
          : parseManifest(content, { store: work.store, chain, pointDirectory: name, path });
      if (parsed?.ok === false && parsed.error.code !== 'manifest-unreadable') {
        return fail({ code: 'conflict', message: parsed.error.message });
      }
    }
    if (live.length === 0) return ok(undefined);
    for (const { path } of live) {
      const content = jsonText({ formatVersion: 1, at });
      writeScratch(work, scratch, `outgoing/${path}/${deletedName}`, content);
    }
    const sent = await work.end.push({
      local: `${scratch}/outgoing`,
      far: work.store,
      paths: live.map(({ path }) => `${path}/${deletedName}`),
      compare: 'content',
      onBytes: () => undefined,
      signal,
    });
    if (!sent.ok) return sent;
    // Newest first: whatever is left after a crash stands on its parents.
    const renames = live.toReversed().map(({ path }) => ({
      from: `${path}/${manifestName}`,
      to: `${path}/${deletedManifestName}`,
    }));
    return work.end.rename(work.store, renames, signal);
  });
}
