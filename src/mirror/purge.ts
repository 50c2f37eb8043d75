import { type Failure, type Result } from '../model/result.ts';
import { closedName, holdName, isPointFile, manifestName, parentOf } from '../store/layout.ts';
import { mayDelete } from './hide.ts';
import { lookThere, refuseWithoutMarker } from './look.ts';
import type { PointsOfChain } from './mirror.ts';
import { deletedManifestName, deletedName, placesOf } from './places.ts';
import { partialName } from './rsync-run.ts';
import { mirrorFailure, withScratch, type Work } from './work.ts';

/** What an rsync leaves that was ended hard: `.vda.qcow2.Ab12Cd`. */
const temporaryForm = /^\.[A-Za-z0-9_-]+\.(?:qcow2|json|xml|fd|tar)\.[A-Za-z0-9]{6}$/;

/** Whether a file in a point's directory there, by its path below that, was put there by a copy. */
export function isOurs(path: string): boolean {
  const [head = '', name] = path.split('/');
  if (name !== undefined) return head === partialName && isPointFile(name);
  return isPointFile(head) || head === deletedManifestName || temporaryForm.test(head);
}

/** Whether a file hides a point: it goes last, so that what is left of a purge is still a deleted point. */
function isMark(path: string): boolean {
  return [deletedManifestName, deletedName].some((name) => path.endsWith(`/${name}`));
}

/** `Mirror.purge`: three processes, rclone a few more. */
export async function purgePoints(
  work: Work,
  request: PointsOfChain,
): Promise<Result<void, Failure>> {
  const { signal } = request;
  const allowed = mayDelete(work);
  if (!allowed.ok) return allowed;
  const place = placesOf(request);
  if (!place.ok) return place;
  const { chainPath, points } = place.value;
  const look = await withScratch(work, (scratch) => lookThere(work, scratch, [], signal));
  if (!look.ok) return look;
  const ours = refuseWithoutMarker(work, look.value);
  if (!ours.ok) return ours;
  const listing = await work.end.list(`${work.store}/${chainPath}`, signal);
  if (!listing.ok) return listing;
  const names = new Set(points.map(({ name }) => name));
  const files = listing.value.files.filter(({ path }) => names.has(path.split('/')[0] ?? ''));
  const paths = new Set(listing.value.files.map(({ path }) => path));
  if (paths.has(holdName)) return held(work, chainPath);
  for (const { name, path } of points) {
    if (paths.has(`${name}/${holdName}`)) return held(work, path);
    if (paths.has(`${name}/${manifestName}`)) {
      return mirrorFailure(
        work,
        'conflict',
        `${path} has its ${manifestName} there: only a deleted point is purged`,
      );
    }
  }
  // A closed mark alone keeps no chain.
  const isLast = listing.value.files.every(
    ({ path }) => names.has(path.split('/')[0] ?? '') || path === closedName,
  );
  const removable = files
    .filter(({ path, kind }) => kind === 'file' && isOurs(path.slice(path.indexOf('/') + 1)))
    .map(({ path }) => path)
    .toSorted()
    .toReversed();
  const below = (path: string): string => `${chainPath}/${path}`;
  const phases = [
    removable.filter((path) => !isMark(path)),
    [...removable.filter(isMark), ...(isLast && paths.has(closedName) ? [closedName] : [])],
  ];
  const directories = points.toReversed().flatMap(({ path }) => [`${path}/${partialName}`, path]);
  return work.end.remove(
    work.store,
    phases.map((phase) => phase.map(below)),
    [...directories, chainPath, parentOf(chainPath)].slice(
      0,
      isLast ? undefined : directories.length,
    ),
    signal,
  );
}

function held(work: Work, path: string) {
  return mirrorFailure(work, 'held', `${path} is held there; release it at the mirror first`);
}
