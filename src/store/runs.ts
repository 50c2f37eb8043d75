import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import type { EventBody, RunEvent } from '../model/event.ts';
import { runId, type DomainUuid, type RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedRun, OpenIntent } from '../model/observed.ts';
import type { HistoryRun } from '../model/report.ts';
import { fail, ok, seen, unseen, type Failure, type Result, type Seen } from '../model/result.ts';
import { attempt, errorNumber, systemFailure } from './attempt.ts';
import { journalFile, runsIn } from './journal-file.ts';
import { isFinished, openEntries, readJournal } from './journal-read.ts';
import { runsDirectory } from './journal.ts';
import { isLocked } from './lock.ts';

/** The instant in a run's id, for a run that died before it could note another. */
function startOf(run: RunId): Instant {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(run) ?? [];
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
}

/** Journals of a host; none if no run ever was. */
function listRuns(stateDir: string): readonly RunId[] {
  try {
    return runsIn(runsDirectory(stateDir)).map((name) => runId(name.slice(0, -'.ndjson'.length)));
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return [];
    throw error;
  }
}

const pathOf = (stateDir: string, run: RunId): string => `${runsDirectory(stateDir)}/${run}.ndjson`;

/**
 * Runs that have no end and whose process is gone, oldest first, with what
 * they began and did not end. A journal that cannot be read makes all unseen: what it
 * hides may be a frozen guest.
 */
export async function readRuns(stateDir: string): Promise<Seen<readonly ObservedRun[]>> {
  try {
    const runs: ObservedRun[] = [];
    for (const run of listRuns(stateDir)) {
      const path = pathOf(stateDir, run);
      // The lock before the text: once nobody holds it, nothing more will be written.
      if (isFinished(path) || (await isLocked(path))) continue;
      const { events, bad } = readJournal(path);
      if (bad !== null) {
        return unseen(
          'journal-unreadable',
          `${path}, line ${bad.line}: ${bad.why}; look at what the run left, then move the file away`,
        );
      }
      if (events.some(({ kind }) => kind === 'run-finished')) continue;
      const open = openEntries(events).map(({ intent }) => intent);
      runs.push({ run, startedAt: events[0]?.at ?? startOf(run), open });
    }
    return seen(runs);
  } catch (error) {
    return { seen: false, failure: systemFailure('reading the journals of runs', error) };
  }
}

/** The newest runs, newest first. Of a journal with a bad line, what comes before it. */
export async function readHistory(
  stateDir: string,
  limit: number,
): Promise<Seen<readonly HistoryRun[]>> {
  try {
    const runs: HistoryRun[] = [];
    for (const run of listRuns(stateDir).toReversed().slice(0, limit)) {
      const path = pathOf(stateDir, run);
      const running = !isFinished(path) && (await isLocked(path));
      runs.push(historyOf(run, readJournal(path).events, running));
    }
    return seen(runs);
  } catch (error) {
    return { seen: false, failure: systemFailure('reading the journals of runs', error) };
  }
}

function historyOf(run: RunId, events: readonly RunEvent[], running: boolean): HistoryRun {
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

/** A dead run, and the clock of the one that tidies up after it. */
export interface DeadRun {
  readonly stateDir: string;
  readonly run: RunId;
  readonly clock: () => Instant;
}

/**
 * Notes in a dead run's journal that what it left of a domain and kind is handled; with the last
 * of them the run has its end. A success too if nothing of the kind is open.
 */
export async function dismissIntent(
  dead: DeadRun,
  uuid: DomainUuid,
  kind: OpenIntent['kind'],
): Promise<Result<void, Failure>> {
  return amend(dead, (events) => {
    const open = openEntries(events);
    const handled = open.filter(({ intent }) => intent.uuid === uuid && intent.kind === kind);
    const closing = handled.map(({ action }): EventBody => {
      return { kind: 'intent-closed', action, intent: kind };
    });
    return handled.length < open.length ? closing : [...closing, endOf(dead.run, events)];
  });
}

/** Gives a dead run its end: nothing of it is left to do. */
export async function dismissRun(dead: DeadRun): Promise<Result<void, Failure>> {
  return amend(dead, (events) => [endOf(dead.run, events)]);
}

function endOf(run: RunId, events: readonly RunEvent[]): EventBody {
  const { done, failed, skipped } = historyOf(run, events, false);
  return { kind: 'run-finished', done, failed, skipped, interrupted: true, converged: null };
}

/** Adds events to the journal of a run that is dead and has no end; a run with an end is left as it is. */
async function amend(
  { stateDir, run, clock }: DeadRun,
  additions: (events: readonly RunEvent[]) => readonly EventBody[],
): Promise<Result<void, Failure>> {
  const path = pathOf(stateDir, run);
  if (await isLocked(path)) {
    return fail({ code: 'run-alive', message: `run ${run} is still at work` });
  }
  return attempt(`writing the journal ${path}`, () => {
    const { events, bad } = readJournal(path);
    if (bad !== null) {
      return fail({
        code: 'journal-unreadable',
        message: `${path}, line ${bad.line}: ${bad.why}`,
      });
    }
    if (events.some(({ kind }) => kind === 'run-finished')) return ok(undefined);
    const { O_APPEND, O_NOFOLLOW, O_RDWR } = constants;
    const descriptor = openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW);
    try {
      const file = journalFile(path, descriptor, cutTornLine(path, descriptor));
      for (const [index, body] of additions(events).entries()) {
        const number = (events.at(-1)?.number ?? 0) + 1 + index;
        const event: RunEvent = { formatVersion: 1, run, number, at: clock(), ...body };
        const added = file.add(JSON.stringify(event), true);
        if (!added.ok) return added;
      }
      return ok(undefined);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Cuts off what follows the last newline, which was never acknowledged; the bytes that are left. */
function cutTornLine(path: string, descriptor: number): number {
  const whole = readFileSync(path).lastIndexOf(10) + 1;
  if (whole < fstatSync(descriptor).size) ftruncateSync(descriptor, whole);
  return whole;
}
