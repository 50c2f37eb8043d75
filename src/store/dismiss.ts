import type { EventBody, RunEvent } from '../model/event.ts';
import type { DomainUuid, RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { OpenIntent } from '../model/observed.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from './attempt.ts';
import { journalFile } from './journal-file.ts';
import { realJournalFiles, type Appended, type JournalFiles } from './journal-files.ts';
import { openEntries, readJournal } from './journal-read.ts';
import { historyOf, journalPath } from './runs.ts';

/** A dead run, and the clock of the one that tidies up after it. */
export interface DeadRun {
  readonly stateDir: string;
  readonly run: RunId;
  readonly clock: () => Instant;
  /** Left out: the real file system. */
  readonly files?: JournalFiles;
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
  { stateDir, run, clock, files = realJournalFiles }: DeadRun,
  additions: (events: readonly RunEvent[]) => readonly EventBody[],
): Promise<Result<void, Failure>> {
  const path = journalPath(stateDir, run);
  if (await files.isLocked(path)) {
    return fail({ code: 'run-alive', message: `run ${run} is still at work` });
  }
  return attempt(`writing the journal ${path}`, () => {
    const { events, bad } = readJournal(path, files);
    if (bad !== null) {
      return fail({
        code: 'journal-unreadable',
        message: `${path}, line ${bad.line}: ${bad.why}`,
      });
    }
    if (events.some(({ kind }) => kind === 'run-finished')) return ok(undefined);
    const appended = files.reopen(path);
    try {
      const file = journalFile(path, appended, cutTornLine(appended));
      for (const [index, body] of additions(events).entries()) {
        const number = (events.at(-1)?.number ?? 0) + 1 + index;
        const event: RunEvent = { formatVersion: 1, run, number, at: clock(), ...body };
        const added = file.add(JSON.stringify(event), true);
        if (!added.ok) return added;
      }
      return ok(undefined);
    } finally {
      appended.close();
    }
  });
}

/** Cuts off what follows the last newline, which was never acknowledged; the bytes that are left. */
function cutTornLine(appended: Appended): number {
  const whole = appended.wholeLines();
  appended.cut(whole);
  return whole;
}
