import type { RunEvent } from '../model/event.ts';
import { runId, type RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import { leftPaths } from '../model/leftover.ts';
import type { ObservedRun } from '../model/observed.ts';
import type { HistoryRun } from '../model/report.ts';
import { seen, unseen, type Seen } from '../model/result.ts';
import { errorNumber, systemFailure } from './attempt.ts';
import { forgetGone, lookAtJournal, type EndedRuns } from './ended-runs.ts';
import { runsIn } from './journal-file.ts';
import { realJournalFiles, type JournalFiles } from './journal-files.ts';
import { isFinished, openEntries, readJournal, strangeJournal } from './journal-read.ts';
import { runsDirectory } from './journal.ts';

/** The instant in a run's id, for a run that died before it could note another. */
function startOf(run: RunId): Instant {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(run) ?? [];
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
}

/** Journals of a host; none if no run ever was. */
export function listRuns(stateDir: string, files: JournalFiles): readonly RunId[] {
  try {
    return runsIn(files, runsDirectory(stateDir)).map((name) =>
      runId(name.slice(0, -'.ndjson'.length)),
    );
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return [];
    throw error;
  }
}

const whatNow = 'look at what the run left, then move the file away';

/** Path of a run's journal. */
export function journalPath(stateDir: string, run: RunId): string {
  return `${runsDirectory(stateDir)}/${run}.ndjson`;
}

/**
 * Runs that have no end and whose process is gone, oldest first, with what
 * they began and did not end, and what is there of the files that they name.
 * A journal that cannot be read makes all unseen: what it hides may be a frozen guest.
 * A process that looks again and again hands in what it saw of ends, and reads each once.
 */
export async function readRuns(
  stateDir: string,
  files: JournalFiles = realJournalFiles,
  ended: EndedRuns = new Map(),
): Promise<Seen<readonly ObservedRun[]>> {
  try {
    const runs: ObservedRun[] = [];
    const kept = listRuns(stateDir, files);
    forgetGone(
      ended,
      kept.map((run) => journalPath(stateDir, run)),
    );
    for (const run of kept) {
      const path = journalPath(stateDir, run);
      const beginning = lookAtJournal(path, files, ended);
      if (beginning === 'ended') continue;
      if (beginning !== 'open')
        return unseen('journal-unreadable', `${beginning.strange}; ${whatNow}`);
      // The lock before the text: once nobody holds it, nothing more will be written.
      if (await files.isLocked(path)) continue;
      const { events, bad } = readJournal(path, files);
      if (bad !== null) {
        return unseen('journal-unreadable', `${path}, line ${bad.line}: ${bad.why}; ${whatNow}`);
      }
      if (events.some(({ kind }) => kind === 'run-finished')) continue;
      const open = openEntries(events).map(({ intent }) => intent);
      const left = await files.left(open.flatMap((intent) => leftPaths(run, intent)));
      runs.push({ run, startedAt: events[0]?.at ?? startOf(run), open, files: left });
    }
    return seen(runs);
  } catch (error) {
    return { seen: false, failure: systemFailure('reading the journals of runs', error) };
  }
}

/** The newest runs, newest first. Of a journal with a bad line, what comes before it; of what is no journal, its name alone. */
export async function readHistory(
  stateDir: string,
  limit: number,
  files: JournalFiles = realJournalFiles,
): Promise<Seen<readonly HistoryRun[]>> {
  try {
    const runs: HistoryRun[] = [];
    for (const run of listRuns(stateDir, files).toReversed().slice(0, limit)) {
      const path = journalPath(stateDir, run);
      if (strangeJournal(path, files) !== null) {
        runs.push(historyOf(run, [], false));
        continue;
      }
      const running = !isFinished(path, files) && (await files.isLocked(path));
      runs.push(historyOf(run, readJournal(path, files).events, running));
    }
    return seen(runs);
  } catch (error) {
    return { seen: false, failure: systemFailure('reading the journals of runs', error) };
  }
}

/** What a journal tells of its run. */
export function historyOf(run: RunId, events: readonly RunEvent[], running: boolean): HistoryRun {
  const started = events.find((event) => event.kind === 'run-started');
  const finished = events.find((event) => event.kind === 'run-finished');
  const outcomes = new Map(
    events.flatMap((event) =>
      event.kind === 'action-finished' ? [[event.action, event.outcome] as const] : [],
    ),
  );
  const count = (...codes: readonly string[]): number =>
    [...outcomes.values()].filter(({ code }) => codes.includes(code)).length;
  return {
    run,
    purpose: started?.purpose ?? 'unknown',
    plan: started?.plan ?? '',
    startedAt: events[0]?.at ?? startOf(run),
    finishedAt: finished?.at ?? null,
    running,
    done: finished?.done ?? count('done', 'already'),
    failed: finished?.failed ?? count('failed'),
    skipped: finished?.skipped ?? count('skipped', 'stale', 'waiting'),
    interrupted: finished?.interrupted ?? !running,
    converged: finished?.converged ?? null,
    actions: events.flatMap((event) =>
      event.kind === 'action-started'
        ? [
            {
              id: event.action,
              what: event.what,
              address: event.address,
              outcome: outcomes.get(event.action) ?? null,
            },
          ]
        : [],
    ),
  };
}
