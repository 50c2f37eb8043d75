import type { Manifest } from '../model/point.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { filesOf } from '../store/manifest.ts';
import { readManifests } from './look.ts';
import type { BadFile, CheckRequest, Verified } from './mirror.ts';
import { placesOf } from './places.ts';
import { withScratch, type Work } from './work.ts';

/** `Mirror.verify`: two processes, manifests and then hashes. */
export function verifyPoints(
  work: Work,
  request: CheckRequest,
): Promise<Result<Verified, Failure>> {
  const { chain, signal, onBytes, rateBytesPerSecond = null } = request;
  return withScratch(work, async (scratch) => {
    const place = placesOf(request);
    if (!place.ok) return place;
    const found = await readManifests(work, scratch, { chain, points: place.value.points }, signal);
    if (!found.ok) return found;
    const sizes = new Map<string, number>(
      found.value.flatMap(({ path, manifest }) =>
        filesOf(manifest).map(({ file, bytes }) => [`${path}/${file}`, bytes] as const),
      ),
    );
    let total = 0;
    const onPath = (path: string): void => {
      const bytes = sizes.get(path) ?? 0;
      total += bytes;
      onBytes(bytes);
    };
    const paths = [...sizes.keys()];
    const made = await work.end.hash({
      far: work.store,
      paths,
      onPath,
      rateBytesPerSecond,
      signal,
    });
    if (!made.ok) return made;
    const { hashes, at } = made.value;
    const points = found.value.map(({ name, path, manifest }) => ({
      pointDirectory: name,
      manifest,
      bad: badFiles(manifest, (file) => hashes.get(`${path}/${file}`)),
    }));
    return ok({ points, hashedAt: at, bytes: total });
  });
}

function badFiles(
  manifest: Manifest,
  hashOf: (file: string) => string | undefined,
): readonly BadFile[] {
  return filesOf(manifest).flatMap(({ file, sha256 }): readonly BadFile[] => {
    const hash = hashOf(file);
    if (hash === sha256) return [];
    return [{ file, code: hash === undefined ? 'file-missing' : 'hash-differs' }];
  });
}
