import type { DomainUuid, RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedRun, OpenIntent } from '../model/observed.ts';
import type { Failure, Result, Seen } from '../model/result.ts';
import { dismissIntent, dismissRun } from '../store/dismiss.ts';
import type { EndedRuns } from '../store/ended-runs.ts';
import { type JournalFiles, realJournalFiles } from '../store/journal-files.ts';
import { type Journal, openJournal } from '../store/journal.ts';
import { readRuns } from '../store/runs.ts';

/** The journals of this host's runs. */
export interface HostJournals {
  open(run: RunId): Result<Journal, Failure>;
  /** Notes in a dead run's journal that what it left of a domain is handled. */
  dismiss(run: RunId, uuid: DomainUuid, kind: OpenIntent['kind']): Promise<Result<void, Failure>>;
  /** Runs that have no end and whose process is gone. */
  dead(): Promise<Seen<readonly ObservedRun[]>>;
  /** Gives an end to a dead run that has nothing open. */
  end(run: RunId): Promise<Result<void, Failure>>;
}

/** The journals below the host's state directory, `/var/lib/holdfast`; `ended`: what this process saw of their ends. */
export function hostJournals(
  stateDir: string,
  clock: () => Instant,
  files: JournalFiles = realJournalFiles,
  ended: EndedRuns = new Map(),
): HostJournals {
  return {
    open: (run) => openJournal({ stateDir, run, clock, files }),
    dismiss: (run, uuid, kind) => dismissIntent({ stateDir, run, clock, files }, uuid, kind),
    dead: () => readRuns(stateDir, files, ended),
    end: (run) => dismissRun({ stateDir, run, clock, files }),
  };
}
