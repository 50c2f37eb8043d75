import { createHash } from 'node:crypto';
import { ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { jsonText, writeDurable } from '../store/durable.ts';
import { formatOne, mapOf, parseShape, record, text } from '../store/shape.ts';
import type { FarFile } from './far-end.ts';
import type { Work } from './work.ts';

const indexName = 'index.json';

const indexShape = record((field) => ({
  formatVersion: field('formatVersion', formatOne),
  files: field('files', mapOf(text)),
}));

/** Where manifests and marks of this store at this mirror are kept between two looks. */
export function cacheDirectory({ settings, end, store }: Work): string {
  const digest = createHash('sha256').update(`${end.target} ${store}`).digest('hex');
  return `${settings.stateDir}/mirrors/${digest.slice(0, 16)}`;
}

// Time and size together: what changes neither is the same manifest, for a manifest is never written twice.
const versionOf = ({ version, bytes }: FarFile): string => `${version} ${bytes}`;

/**
 * Brings the small files of a listing here: only those that are new or have
 * changed since the last look travel, in one process, and none if there are none.
 */
export async function refreshCache(
  work: Work,
  small: readonly FarFile[],
  signal: AbortSignal,
): Promise<Result<string, Failure>> {
  const directory = cacheDirectory(work);
  const { local } = work;
  const known = readIndex(work, directory);
  if (!known.ok) return known;
  const now = new Map(small.map((file) => [file.path, versionOf(file)]));
  const changed = small.filter((file) => {
    const same = known.value.get(file.path) === versionOf(file);
    return !same || local.files.look(`${directory}/${work.store}/${file.path}`) === null;
  });
  const gone = [...known.value.keys()].filter((path) => !now.has(path));
  if (changed.length + gone.length === 0) return ok(`${directory}/${work.store}`);
  if (changed.length > 0) {
    const pulled = await work.end.pullSmall({
      local: directory,
      far: '',
      paths: changed.map(({ path }) => `${work.store}/${path}`),
      compare: 'quick',
      onBytes: () => undefined,
      signal,
    });
    if (!pulled.ok) return pulled;
  }
  return attempt(`writing ${directory}/${indexName}`, () => {
    for (const path of gone) local.remove(`${directory}/${work.store}/${path}`);
    // Content, then the index that vouches for it; what a crash leaves travels again.
    const files = Object.fromEntries(now);
    writeDurable(local.files, directory, indexName, jsonText({ formatVersion: 1, files }));
    return ok(`${directory}/${work.store}`);
  });
}

/** Which version of each file is here. A damaged index is as none: it only saves work. */
function readIndex(
  { local }: Work,
  directory: string,
): Result<ReadonlyMap<string, string>, Failure> {
  return attempt(`reading ${directory}`, () => {
    local.makePath(directory);
    const path = `${directory}/${indexName}`;
    if (local.files.look(path) === null) return ok(new Map<string, string>());
    const index = parseShape(local.files.read(path), indexShape);
    return ok(new Map(index.ok ? Object.entries(index.value.files) : []));
  });
}
