import type { DomainUuid, RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { OpenIntent } from '../model/observed.ts';
import { type Failure, ok, type Result } from '../model/result.ts';
import { type Journal, openJournal } from '../store/journal.ts';
import { dismissIntent, dismissRun, readRuns } from '../store/runs.ts';

/** The journals of this host's runs. */
export interface HostJournals {
  open(run: RunId): Result<Journal, Failure>;
  /** Notes in a dead run's journal that what it left of a domain is handled. */
  dismiss(run: RunId, uuid: DomainUuid, kind: OpenIntent['kind']): Promise<Result<void, Failure>>;
  /** Gives an end to dead runs that left nothing. */
  endEmpty(): Promise<Result<void, Failure>>;
}

/** The journals below the host's state directory, `/var/lib/holdfast`. */
export function hostJournals(stateDir: string, clock: () => Instant): HostJournals {
  return {
    open: (run) => openJournal({ stateDir, run, clock }),
    dismiss: (run, uuid, kind) => dismissIntent({ stateDir, run, clock }, uuid, kind),
    async endEmpty() {
      const runs = await readRuns(stateDir);
      if (!runs.seen) return { ok: false, error: runs.failure };
      for (const { run, open } of runs.value) {
        const ended = open.length > 0 ? ok(undefined) : await dismissRun({ stateDir, run, clock });
        if (!ended.ok) return ended;
      }
      return ok(undefined);
    },
  };
}
