import { isRunId } from '../model/identity.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from './attempt.ts';
import type { Files } from './files.ts';
import type { Appended, JournalFiles } from './journal-files.ts';

/** Runs of which a journal is kept, on the host and in each store: half a year of nightly ones. */
export const keptRuns = 200;

/** A journal that lines are added to. */
export interface JournalFile {
  /** Adds one line, whole or not at all; fsynced if asked for. */
  add(line: string, durable: boolean): Result<void, Failure>;
  /** Taken as long as this process has the file open. */
  lock(): Result<void, Failure>;
  close(): void;
}

/** Makes a durable name for a run's journal; refuses if there is one, or the directory is a symlink. */
export function createJournalFile(files: JournalFiles, path: string): Result<JournalFile, Failure> {
  return attempt(`making the journal ${path}`, () => ok(journalFile(path, files.create(path), 0)));
}

/** A journal that is open for appending and has so many bytes. */
export function journalFile(path: string, file: Appended, startBytes: number): JournalFile {
  let sizeBytes = startBytes;
  return {
    add: (line, durable) =>
      attempt(`writing the journal ${path}`, () => {
        const bytes = Buffer.from(`${line}\n`);
        try {
          file.add(bytes);
          if (durable) file.sync();
        } catch (error) {
          // Half a line would spoil the next one; and what was not announced is not done.
          file.cut(sizeBytes);
          throw error;
        }
        sizeBytes += bytes.length;
        return ok(undefined);
      }),
    lock: () => file.lock(),
    close: () => file.close(),
  };
}

/** Runs that have a journal in a directory, oldest first: run ids begin with their instant. */
export function runsIn(files: Files, directory: string): readonly string[] {
  return files
    .list(directory)
    .filter((name) => name.endsWith('.ndjson') && isRunId(name.slice(0, -'.ndjson'.length)))
    .toSorted();
}

/** Removes the oldest journals until `keptRuns` are left, of those that may go. */
export function pruneJournals(
  files: Files,
  directory: string,
  mayGo: (path: string) => boolean,
): Result<void, Failure> {
  return attempt(`removing old journals in ${directory}`, () => {
    const old = runsIn(files, directory).slice(0, -keptRuns);
    for (const name of old) {
      if (mayGo(`${directory}/${name}`)) files.removeFile(`${directory}/${name}`);
    }
    return ok(undefined);
  });
}
