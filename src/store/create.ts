import { isAbsolute } from 'node:path';
import type { StoreRef } from '../model/action-base.ts';
import type { Instant } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from './attempt.ts';
import { jsonText, makeDirectories, syncUp, writeDurable } from './durable.ts';
import { realFiles, type Files } from './files.ts';
import {
  domainsName,
  journalName,
  locksPath,
  markerName,
  readmeName,
  stateName,
  temporaryName,
  trashName,
} from './layout.ts';
import { readmeText } from './readme.ts';

/** Directories that a store begins with, in the order in which they are made. */
const beginnings: readonly string[] = [domainsName, trashName, journalName, stateName, locksPath];

/**
 * Whether a directory without a marker can become a store: empty but for
 * `lost+found` and what a `createStore` that died has left, which holds nothing.
 * The first thing that stands against it; null if nothing does.
 */
export function whatIsInTheWay(
  names: readonly string[],
  listOf: (name: string) => readonly string[],
): string | null {
  const leftovers = [markerName, readmeName].map(temporaryName);
  const harmless = ['lost+found', readmeName, ...leftovers];
  for (const name of names) {
    if (harmless.includes(name)) continue;
    if (!beginnings.includes(name)) return name;
    const inside = listOf(name).filter((below) => !beginnings.includes(`${name}/${below}`));
    if (inside[0] !== undefined) return `${name}/${inside[0]}`;
  }
  return null;
}

/** Makes a store of an empty directory. The marker comes last: with it, the store is there. */
export function createStore(
  ref: StoreRef,
  at: Instant,
  files: Files = realFiles,
): Result<void, Failure> {
  return attempt(`making store ${ref.name} in ${ref.path}`, () => {
    if (!isAbsolute(ref.path)) {
      return fail({ code: 'bad-path', message: `store ${ref.name}: ${ref.path} is not absolute` });
    }
    const root = files.look(`${ref.path}/.`);
    if (root?.kind !== 'directory') {
      return fail({
        code: 'not-found',
        message: `store ${ref.name}: ${ref.path} is no directory; make it (mkdir -m 0700 ${ref.path}) or mount its disk`,
      });
    }
    const names = files.list(ref.path);
    if (names.includes(markerName)) {
      return fail({ code: 'exists', message: `store ${ref.name}: ${ref.path} is a store already` });
    }
    const odd = whatIsInTheWay(names, (name) => files.list(`${ref.path}/${name}`));
    if (odd !== null) {
      return fail({
        code: 'not-empty',
        message: `store ${ref.name}: ${ref.path} is not empty (${odd}); a store begins in an empty directory`,
      });
    }
    writeBeginnings(files, ref, at);
    return ok(undefined);
  });
}

/** Directories, README and, last, the marker of a store. */
export function writeBeginnings(files: Files, { path: root, id }: StoreRef, at: Instant): void {
  for (const path of beginnings) makeDirectories(files, root, path);
  for (const path of beginnings) syncUp(files, root, path);
  writeDurable(files, root, readmeName, readmeText(root));
  writeDurable(files, root, markerName, jsonText({ format: 1, id, createdAt: at }));
}
