import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isRunId } from '../model/identity.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from './attempt.ts';

/** Runs of which a journal is kept, on the host and in each store: half a year of nightly ones. */
export const keptRuns = 200;

/** A journal that lines are added to. */
export interface JournalFile {
  readonly descriptor: number;
  /** Adds one line, whole or not at all; fsynced if asked for. */
  add(line: string, durable: boolean): Result<void, Failure>;
  close(): void;
}

/** Makes a durable name for a run's journal; refuses if there is one, or the directory is a symlink. */
export function createJournalFile(path: string): Result<JournalFile, Failure> {
  return attempt(`making the journal ${path}`, () => {
    const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
    const directory = openSync(dirname(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      const flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW;
      const descriptor = openSync(path, flags, 0o600);
      fsyncSync(directory);
      return ok(journalFile(path, descriptor, 0));
    } finally {
      closeSync(directory);
    }
  });
}

/** A journal that is open for appending and has so many bytes. */
export function journalFile(path: string, descriptor: number, startBytes: number): JournalFile {
  let sizeBytes = startBytes;
  let open = true;
  return {
    descriptor,
    add: (line, durable) =>
      attempt(`writing the journal ${path}`, () => {
        const bytes = Buffer.from(`${line}\n`);
        try {
          for (let done = 0; done < bytes.length;) {
            done += writeSync(descriptor, bytes, done);
          }
          if (durable) fsyncSync(descriptor);
        } catch (error) {
          // Half a line would spoil the next one; and what was not announced is not done.
          ftruncateSync(descriptor, sizeBytes);
          throw error;
        }
        sizeBytes += bytes.length;
        return ok(undefined);
      }),
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

/** Runs that have a journal in a directory, oldest first: run ids begin with their instant. */
export function runsIn(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.ndjson') && isRunId(name.slice(0, -'.ndjson'.length)))
    .toSorted();
}

/** Removes the oldest journals until `keptRuns` are left, of those that may go. */
export function pruneJournals(
  directory: string,
  mayGo: (path: string) => boolean,
): Result<void, Failure> {
  return attempt(`removing old journals in ${directory}`, () => {
    const old = runsIn(directory).slice(0, -keptRuns);
    for (const name of old) {
      if (mayGo(`${directory}/${name}`)) unlinkSync(`${directory}/${name}`);
    }
    return ok(undefined);
  });
}
