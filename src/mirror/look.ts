import type { ChainId } from '../model/identity.ts';
import type { Manifest } from '../model/point.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { manifestName } from '../store/layout.ts';
import { parseManifest } from '../store/manifest.ts';
import { judgeMarker, markerName } from './known-mirrors.ts';
import type { ChainPlace } from './places.ts';
import { mirrorFailure, readScratch, type Work } from './work.ts';

/** Small files of the mirror, as they were when they were fetched. */
export interface FarLook {
  /** Text of a file below the store's directory; null if there is none. Only of files that were asked for. */
  readonly read: (path: string) => string | null;
  readonly marker: 'absent' | 'ours';
}

/** Fetches the marker and some small files into a scratch directory, in one process. */
export async function lookThere(
  work: Work,
  scratch: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Result<FarLook, Failure>> {
  const { end, store } = work;
  const done = await end.pullSmall({
    local: scratch,
    far: '',
    paths: [markerName, ...paths].map((path) => `${store}/${path}`),
    compare: 'quick',
    onBytes: () => undefined,
    signal,
  });
  if (!done.ok) return done;
  const read = (path: string): string | null => readScratch(work, scratch, `${store}/${path}`);
  const marker = judgeMarker(work, read(markerName));
  return marker.ok ? ok({ read, marker: marker.value }) : marker;
}

/** For changes of what is there: only where our marker is (I7). */
export function refuseWithoutMarker(work: Work, look: FarLook): Result<void, Failure> {
  if (look.marker === 'ours') return ok(undefined);
  return mirrorFailure(
    work,
    'not-a-point',
    `there is no ${markerName} of store ${work.store}, so nothing there is changed`,
  );
}

/** Reads manifests at the mirror; `not-a-point` names the first that is not there or cannot be read. */
export async function readManifests(
  work: Work,
  scratch: string,
  { chain, points }: { readonly chain: ChainId; readonly points: ChainPlace['points'] },
  signal: AbortSignal,
): Promise<
  Result<
    readonly { readonly name: string; readonly path: string; readonly manifest: Manifest }[],
    Failure
  >
> {
  const files = points.map(({ path }) => `${path}/${manifestName}`);
  const look = await lookThere(work, scratch, files, signal);
  if (!look.ok) return look;
  const found: { readonly name: string; readonly path: string; readonly manifest: Manifest }[] = [];
  for (const { name, path } of points) {
    const content = look.value.read(`${path}/${manifestName}`);
    if (content === null) {
      return mirrorFailure(
        work,
        'not-a-point',
        `${path} has no ${manifestName} there: it is not copied, or deleted`,
      );
    }
    const manifest = parseManifest(content, {
      store: work.store,
      chain,
      pointDirectory: name,
      path: `${work.end.target}/${work.store}/${path}/${manifestName}`,
    });
    if (!manifest.ok)
      return mirrorFailure(work, 'not-a-point', `${manifest.error.message}; copy it again`);
    found.push({ name, path, manifest: manifest.value });
  }
  return ok(found);
}
