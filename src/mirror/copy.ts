import { ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { closedName, holdName, manifestName, quarantineName } from '../store/layout.ts';
import { filesOf, parseManifest } from '../store/manifest.ts';
import type { ExpectedFile } from './far-end.ts';
import { markerName, newMarker } from './known-mirrors.ts';
import { lookThere, type FarLook } from './look.ts';
import { mendRests, type MarkedRest } from './mend-rests.ts';
import type { CopyRequest, Transferred } from './mirror.ts';
import { placesOf, type ChainPlace } from './places.ts';
import { mirrorFailure, withScratch, writeScratch, type Work } from './work.ts';

/** A point in the store, about to be copied. */
interface LocalPoint {
  readonly path: string;
  /** Text of its manifest. */
  readonly content: string;
  /** By path, as its manifest has them. */
  readonly files: ReadonlyMap<string, ExpectedFile>;
  /** Those of them that the request is about. */
  readonly wanted: readonly string[];
}

/** What is to travel, and in which of the three ways. */
interface Outline {
  /** Data and marks. */
  readonly data: readonly string[];
  /** Manifests that are not there yet. */
  readonly manifests: readonly string[];
  /** Manifests there that are damaged, and are replaced. */
  readonly damaged: readonly string[];
  /** Points whose bytes there are compared, because a check found them damaged while they were copies. */
  readonly marked: readonly MarkedRest[];
}

/**
 * `Mirror.copy`: at most six processes the first time, three with something to send, two with nothing;
 * up to four more where rests of points are in quarantine.
 */
export function copyPoints(
  work: Work,
  request: CopyRequest,
): Promise<Result<Transferred, Failure>> {
  const { storePath, signal } = request;
  return withScratch(work, async (scratch) => {
    const place = placesOf(request);
    if (!place.ok) return place;
    const points = readStore(work, request, place.value);
    if (!points.ok) return points;
    const look = await lookOnce(work, scratch, place.value, signal);
    if (!look.ok) return look;
    const outline = outlineOf(work, request, place.value, points.value, look.value);
    if (!outline.ok) return outline;
    const { data, manifests, damaged, marked } = outline.value;
    const common = { local: storePath, far: work.store, onBytes: request.onBytes, signal };
    const expected = new Map(points.value.flatMap(({ files }) => [...files]));
    const { compare } = request;
    const sent =
      data.length === 0
        ? nothing
        : await work.end.push({ ...common, compare, paths: data, expected });
    if (!sent.ok) return sent;
    const rest = { ...common, compare: 'content' } as const;
    const replaced =
      damaged.length === 0 ? nothing : await work.end.push({ ...rest, paths: damaged });
    if (!replaced.ok) return replaced;
    const mended = marked.length === 0 ? nothing : await mendRests(work, common, marked);
    if (!mended.ok) return mended;
    const added =
      manifests.length === 0 ? nothing : await work.end.pushNew({ ...rest, paths: manifests });
    if (!added.ok) return added;
    return ok(sumOf([sent.value, replaced.value, mended.value, added.value]));
  });
}

const nothing = ok<Transferred>({ files: 0, bytes: 0, durability: 'synced' });

function sumOf(parts: readonly Transferred[]): Transferred {
  return {
    files: parts.reduce((sum, { files }) => sum + files, 0),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    durability: parts.every(({ durability }) => durability === 'synced') ? 'synced' : 'unknown',
  };
}

/** The manifests in the store; one that cannot be read is not copied, nor are the others of the request. */
function readStore(
  work: Work,
  { storePath, chain, only }: CopyRequest,
  { points }: ChainPlace,
): Result<readonly LocalPoint[], Failure> {
  return attempt(`reading points in ${storePath}`, () => {
    const read: LocalPoint[] = [];
    for (const { name, path } of points) {
      const content = work.local.files.read(`${storePath}/${path}/${manifestName}`);
      const manifest = parseManifest(content, {
        store: work.store,
        chain,
        pointDirectory: name,
        path: `${storePath}/${path}/${manifestName}`,
      });
      if (!manifest.ok) return manifest;
      const all = filesOf(manifest.value).map(({ file, bytes, sha256 }) => {
        return { file, path: `${path}/${file}`, expected: { bytes, sha256 } };
      });
      const files = new Map(all.map((one) => [one.path, one.expected]));
      const asked = all.filter(({ file }) => only?.get(name)?.has(file) ?? true);
      read.push({ path, content, files, wanted: asked.map((one) => one.path) });
    }
    return ok(read);
  });
}

/** Looks at the far end; the first time a marker is made, one call after the other. */
async function lookOnce(
  work: Work,
  scratch: string,
  place: ChainPlace,
  signal: AbortSignal,
): Promise<Result<FarLook, Failure>> {
  const paths = [
    ...[holdName, closedName].map((name) => `${place.chainPath}/${name}`),
    ...place.points.flatMap(({ path }) =>
      [manifestName, holdName, quarantineName].map((name) => `${path}/${name}`),
    ),
  ];
  const look = await lookThere(work, scratch, paths, signal);
  if (!look.ok || look.value.marker === 'ours') return look;
  const before = work.turns.last;
  const turn = before.then(() => makeMarker(work, scratch, paths, signal));
  work.turns.last = turn.then(
    () => undefined,
    () => undefined,
  );
  return turn;
}

/** Marks the mirror as ours, and reads back what is there: another host may have been faster. */
async function makeMarker(
  work: Work,
  scratch: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Result<FarLook, Failure>> {
  const again = await lookThere(work, scratch, paths, signal);
  if (!again.ok || again.value.marker === 'ours') return again;
  const found = paths.find(
    (path) => path.endsWith(`/${manifestName}`) && again.value.read(path) !== null,
  );
  if (found !== undefined) {
    const words = `${found} is there, and no ${markerName}: it was not made by this Holdfast; move ${work.store} there out of the way`;
    return mirrorFailure(work, 'conflict', words);
  }
  const outgoing = 'outgoing';
  writeScratch(work, scratch, `${outgoing}/${work.store}/${markerName}`, newMarker(work));
  const sent = await work.end.pushNew({
    local: `${scratch}/${outgoing}/${work.store}`,
    far: work.store,
    paths: [markerName],
    compare: 'quick',
    onBytes: () => undefined,
    signal,
  });
  if (!sent.ok) return sent;
  const look = await lookThere(work, scratch, paths, signal);
  if (!look.ok || look.value.marker === 'ours') return look;
  return mirrorFailure(work, 'mirror-failed', `${markerName} was written and is not there`);
}

/** Compares with what is there; `conflict` when a whole manifest there has another content. */
function outlineOf(
  work: Work,
  { storePath, chain, compare }: CopyRequest,
  place: ChainPlace,
  points: readonly LocalPoint[],
  look: FarLook,
): Result<Outline, Failure> {
  const isHere = (path: string): boolean =>
    work.local.files.look(`${storePath}/${path}`)?.kind === 'file';
  const marks = [holdName, closedName].map((name) => `${place.chainPath}/${name}`);
  const manifests: string[] = [];
  const damaged: string[] = [];
  const marked: MarkedRest[] = [];
  for (const [index, { path, content, files }] of points.entries()) {
    const file = `${path}/${manifestName}`;
    const there = look.read(file);
    marks.push(`${path}/${holdName}`);
    if (there === null) {
      manifests.push(file);
      const mark = `${path}/${quarantineName}`;
      marks.push(mark);
      // The mark of the store's own point stays with it.
      if (look.read(mark) !== null && !isHere(mark)) marked.push({ mark, files });
    } else if (there !== content) {
      const name = place.points[index]?.name ?? '';
      const parsed = parseManifest(there, {
        store: work.store,
        chain,
        pointDirectory: name,
        path: file,
      });
      const isDamaged = !parsed.ok && parsed.error.code === 'manifest-unreadable';
      if (!isDamaged || compare !== 'content') {
        const words = `${file} there has another content than the store's; compare the two, and move the wrong one away`;
        return mirrorFailure(work, 'conflict', words);
      }
      damaged.push(file);
    }
  }
  const travelling = marks.filter((path) => look.read(path) === null && isHere(path));
  // Nothing that is sound there is overwritten: which of these files travel, their hashes say.
  const later = new Set(marked.flatMap(({ files }) => [...files.keys()]));
  const now = points.flatMap(({ wanted }) => wanted).filter((path) => !later.has(path));
  return ok({ data: [...travelling, ...now], manifests, damaged, marked });
}
