import { createHash } from 'node:crypto';
import { hashOfText } from '../model/canonical.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { jsonText, writeDurable } from '../store/durable.ts';
import { formatOne, mapOf, parseShape, record, text } from '../store/shape.ts';
import type { FarFile } from './far-end.ts';
import type { Work } from './work.ts';

const indexName = 'index.json';

const indexShape = record((field) => ({
  formatVersion: field('formatVersion', formatOne),
  boot: field('boot', text),
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
  const place = `${directory}/${work.store}`;
  const { local } = work;
  const known = readIndex(work, directory);
  if (!known.ok) return known;
  const { files, isOfThisBoot } = known.value;
  const changed = small.filter((file) => {
    const isSame = files.get(file.path)?.version === versionOf(file);
    return !isSame || local.files.look(`${place}/${file.path}`) === null;
  });
  const now = new Set(small.map(({ path }) => path));
  const gone = [...files.keys()].filter((path) => !now.has(path));
  if (isOfThisBoot && changed.length + gone.length === 0) return ok(place);
  if (changed.length > 0) {
    // Cut off before the new index, what is fetched must not stand under the old version, which may come back there.
    const others = new Map(files);
    const isKnown = changed.map(({ path }) => others.delete(path)).includes(true);
    const forgotten = isKnown ? writeIndex(work, directory, linesOf(others)) : ok(undefined);
    if (!forgotten.ok) return forgotten;
    // One that a crash has left has its size and its time, and perhaps nothing in it.
    for (const { path } of changed) local.remove(`${place}/${path}`);
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
  const lines = attempt(`reading ${place}`, () => {
    removeGone(work, place, gone, now);
    const fresh = new Set(changed);
    return ok(
      small.flatMap((file): readonly IndexLine[] => {
        const kept = fresh.has(file) ? undefined : files.get(file.path)?.hash;
        const hash = kept ?? hashHere(work, `${place}/${file.path}`);
        return hash === null ? [] : [[file.path, `${hash} ${versionOf(file)}`]];
      }),
    );
  });
  if (!lines.ok) return lines;
  const written = writeIndex(work, directory, lines.value);
  return written.ok ? ok(place) : written;
}

/** A path, and its hash and version. */
type IndexLine = readonly [string, string];

const linesOf = (files: Index['files']): readonly IndexLine[] =>
  [...files].map(([path, { hash, version }]) => [path, `${hash} ${version}`]);

function writeIndex(
  { local }: Work,
  directory: string,
  lines: readonly IndexLine[],
): Result<void, Failure> {
  return attempt(`writing ${directory}/${indexName}`, () => {
    const index = { formatVersion: 1, boot: local.bootId(), files: Object.fromEntries(lines) };
    writeDurable(local.files, directory, indexName, jsonText(index));
    return ok(undefined);
  });
}

/** Removes what is no longer there, and the directories in which nothing else was: of points that come and go for years. */
function removeGone(
  { local }: Work,
  place: string,
  gone: readonly string[],
  now: ReadonlySet<string>,
): void {
  if (gone.length === 0) return;
  const used = new Set([...now].flatMap(directoriesOf));
  for (const path of gone) {
    const unused = directoriesOf(path).find((directory) => !used.has(directory));
    local.remove(`${place}/${unused ?? path}`);
  }
}

/** The directories above a file, the uppermost first. */
function directoriesOf(path: string): readonly string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, at) => names.slice(0, at + 1).join('/'));
}

/** SHA-256 of a file of this host; null if it is not there. */
function hashHere({ local: { files } }: Work, path: string): string | null {
  return files.look(path) === null ? null : hashOfText(files.read(path));
}

/** What the cache holds, as its index says. */
interface Index {
  readonly files: ReadonlyMap<string, { readonly hash: string; readonly version: string }>;
  /** Written since the machine was started: nothing can have been lost. */
  readonly isOfThisBoot: boolean;
}

/**
 * Which version of each file is here. A damaged index is as none: it only saves work. Only the
 * index is fsynced, so after each start of the machine the files are compared with their hashes.
 */
function readIndex(work: Work, directory: string): Result<Index, Failure> {
  const { local } = work;
  return attempt(`reading ${directory}`, () => {
    local.makePath(directory);
    const path = `${directory}/${indexName}`;
    const none: Index = { files: new Map(), isOfThisBoot: true };
    if (local.files.look(path) === null) return ok(none);
    const index = parseShape(local.files.read(path), indexShape);
    if (!index.ok) return ok(none);
    const isOfThisBoot = index.value.boot === local.bootId();
    const known = Object.entries(index.value.files).map(([name, line]) => {
      const cut = line.indexOf(' ');
      return [name, { hash: line.slice(0, cut), version: line.slice(cut + 1) }] as const;
    });
    const sound = known.filter(
      ([name, { hash }]) =>
        isOfThisBoot || hashHere(work, `${directory}/${work.store}/${name}`) === hash,
    );
    return ok({ files: new Map(sound), isOfThisBoot });
  });
}
