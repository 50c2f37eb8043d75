import type { Manifest } from '../model/point.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { writeDurable } from '../store/durable.ts';
import { manifestName } from '../store/layout.ts';
import { filesOf } from '../store/manifest.ts';
import { readManifests } from './look.ts';
import type { Fetched, FetchRequest } from './mirror.ts';
import { placesOf } from './places.ts';
import { mirrorFailure, readScratch, withScratch, type Work } from './work.ts';

/** `Mirror.fetch`: two processes, manifests and then data. */
export function fetchPoints(work: Work, request: FetchRequest): Promise<Result<Fetched, Failure>> {
  const { chain, into, only, onBytes, signal } = request;
  const isWanted = (path: string): boolean => only?.has(path) ?? true;
  return withScratch(work, async (scratch) => {
    const place = placesOf(request);
    if (!place.ok) return place;
    const { points, chainPath } = place.value;
    const found = await readManifests(work, scratch, { chain, points }, signal);
    if (!found.ok) return found;
    // Not compared on the way: whoever fetches reads the files and judges them.
    const files = found.value.flatMap(({ name, manifest }) =>
      filesOf(manifest).map(
        ({ file, bytes }) => [`${name}/${file}`, { bytes, sha256: null }] as const,
      ),
    );
    const expected = new Map(files.filter(([path]) => isWanted(path)));
    const far = `${work.store}/${chainPath}`;
    const pulled = await work.end.pull({
      local: into,
      far,
      paths: [...expected.keys()],
      expected,
      compare: 'quick',
      onBytes,
      signal,
    });
    if (!pulled.ok) return pulled;
    for (const { name, path, manifest } of found.value) {
      const content = readScratch(work, scratch, `${work.store}/${path}/${manifestName}`) ?? '';
      const done = settle(work, `${into}/${name}`, manifest, content, (file) =>
        isWanted(`${name}/${file}`),
      );
      if (!done.ok) return done;
    }
    return ok({ ...pulled.value, manifests: found.value.map(({ manifest }) => manifest) });
  });
}

/** Checks the sizes of what has come, and writes the manifest after its data. */
function settle(
  work: Work,
  directory: string,
  manifest: Manifest,
  content: string,
  isWanted: (file: string) => boolean,
): Result<void, Failure> {
  return attempt(`writing ${directory}`, () => {
    work.local.makePath(directory);
    for (const { file, bytes } of filesOf(manifest)) {
      if (!isWanted(file)) continue;
      const size = work.local.files.look(`${directory}/${file}`)?.sizeBytes ?? null;
      if (size === bytes) continue;
      const words = `${file} of ${directory} has ${size ?? 'no'} bytes, its manifest says ${bytes}; verify the point at the mirror`;
      return mirrorFailure(work, 'file-missing', words);
    }
    writeDurable(work.local.files, directory, manifestName, content);
    return ok(undefined);
  });
}
