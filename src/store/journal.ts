import { dirname } from 'node:path';
import { escapeSteering } from '../model/escape-steering.ts';
import type { EventBody, RunEvent } from '../model/event.ts';
import type { RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from './attempt.ts';
import { makeWay } from './durable.ts';
import { createJournalFile, pruneJournals, type JournalFile } from './journal-file.ts';
import { realJournalFiles, type JournalFiles } from './journal-files.ts';
import { isFinished } from './journal-read.ts';
import { journalName } from './layout.ts';

/** The journal of one run: on the host, and what concerns a store there too. */
export interface Journal {
  /**
   * Notes an event; what must not be forgotten is on disk when it returns. With
   * the path of a store, the event goes to that store's journal as well. A failure
   * means that it is not noted: the change that it announces must not be made.
   */
  append(body: EventBody, storePath?: string): Result<void, Failure>;
  /** Begins the run's journal in a store. Once is enough, twice is harmless; `append` does it where it is missing. */
  attach(storePath: string): Result<void, Failure>;
  /** Frees the lock by which others see that the run is alive. */
  close(): void;
}

export interface JournalRequest {
  /** `/var/lib/holdfast`. */
  readonly stateDir: string;
  readonly run: RunId;
  readonly clock: () => Instant;
  /** Left out: the real file system. */
  readonly files?: JournalFiles;
}

/** Where the host's journals lie. */
export function runsDirectory(stateDir: string): string {
  return `${stateDir}/runs`;
}

/** What must be on disk before the caller goes on. Progress is only for people who watch. */
const durableKinds: ReadonlySet<EventBody['kind']> = new Set([
  'run-started',
  'intent',
  'intent-closed',
  'step',
  'action-finished',
  'run-finished',
]);

/** What a store's journal has beside the steps that name the store: begin and end of the run. */
const framingKinds: ReadonlySet<EventBody['kind']> = new Set(['run-started', 'run-finished']);

/**
 * Begins the journal of a run: `<stateDir>/runs/<run>.ndjson`, locked as long as this process
 * lives, so that a run that died is told from one at work without trusting a pid.
 * The oldest journals beyond 200 go, but never that of a run that has no end.
 */
export function openJournal(request: JournalRequest): Result<Journal, Failure> {
  const { files = realJournalFiles } = request;
  const directory = runsDirectory(request.stateDir);
  const path = `${directory}/${request.run}.ndjson`;
  const ready = attempt(`making ${directory}`, () => {
    makeWay(files, directory);
    // Of the first run: a journal is worth as much as the names on the way to it.
    files.syncDirectory(request.stateDir);
    files.syncDirectory(dirname(request.stateDir));
    return ok(undefined);
  });
  if (!ready.ok) return ready;
  const file = createJournalFile(files, path);
  if (!file.ok) return file;
  const locked = file.value.lock();
  if (locked.ok) return ok(journalOf({ ...request, files }, file.value));
  file.value.close();
  return locked;
}

function journalOf(
  { stateDir, run, clock, files }: Required<JournalRequest>,
  host: JournalFile,
): Journal {
  const stores = new Map<string, JournalFile>();
  let number = 0;
  let begun: RunEvent | null = null;

  const lineOf = (body: EventBody): string => {
    number += 1;
    const event: RunEvent = { formatVersion: 1, run, number, at: clock(), ...body };
    if (event.kind === 'run-started') begun = event;
    return escapeSteering(JSON.stringify(event));
  };

  /** Notes what is only worth a warning; should that fail too, the next durable event fails and says so. */
  const warn = (result: Result<void, Failure>): void => {
    if (!result.ok)
      host.add(lineOf({ kind: 'warning', action: null, failure: result.error }), false);
  };

  const attach = (storePath: string): Result<void, Failure> => {
    if (stores.has(storePath)) return ok(undefined);
    const directory = `${storePath}/${journalName}`;
    const file = createJournalFile(files, `${directory}/${run}.ndjson`);
    if (!file.ok) return file;
    stores.set(storePath, file.value);
    // In a store journals are only read by people: a run without an end need not stay.
    warn(pruneJournals(files, directory, () => true));
    return begun === null
      ? ok(undefined)
      : file.value.add(escapeSteering(JSON.stringify(begun)), true);
  };

  /** Notes an event in a store. */
  const noteIn = (
    storePath: string,
    line: string,
    kind: EventBody['kind'],
  ): Result<void, Failure> => {
    const attached = attach(storePath);
    const file = stores.get(storePath);
    const added =
      attached.ok && file !== undefined ? file.add(line, durableKinds.has(kind)) : attached;
    // The host has it on disk; to insist on the copy would bar the purge that makes room.
    if (added.ok || added.error.code !== 'store-full') return added;
    warn(added);
    return ok(undefined);
  };

  /** A store that cannot be written stops a step in it, and nothing else: thawing must not wait for it. */
  const frame = (line: string): void => {
    for (const [path, file] of stores) {
      const added = file.add(line, true);
      if (added.ok) continue;
      stores.delete(path);
      file.close();
      warn(added);
    }
  };

  return {
    attach,
    append(body, storePath) {
      const line = lineOf(body);
      const noted = host.add(line, durableKinds.has(body.kind));
      if (!noted.ok) return noted;
      if (body.kind === 'run-started') {
        warn(pruneJournals(files, runsDirectory(stateDir), (path) => isFinished(path, files)));
      }
      if (framingKinds.has(body.kind)) frame(line);
      return storePath === undefined ? ok(undefined) : noteIn(storePath, line, body.kind);
    },
    close() {
      for (const file of [...stores.values(), host]) file.close();
    },
  };
}
