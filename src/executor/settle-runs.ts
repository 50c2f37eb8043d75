import type { Action } from '../model/action.ts';
import { jobsOfRuns, leftOf } from '../model/leftover.ts';
import { type Failure, ok, type Result } from '../model/result.ts';
import { dismissLeft } from './dismiss-left.ts';
import type { Drivers } from './drivers.ts';

/**
 * Closes what journals of dead runs still call open and of which a look finds
 * nothing left: an intent that stayed open for ever would one day be taken for
 * something that a person did. Changes nothing else; what is left is the plan's business,
 * and so are the files that `planned` actions discard: those look for the intent themselves.
 */
export async function settleRuns(
  drivers: Drivers,
  planned: readonly Action[],
): Promise<Result<void, Failure>> {
  const runs = await drivers.journals.dead();
  if (!runs.seen) return { ok: false, error: runs.failure };
  if (runs.value.length === 0) return ok(undefined);
  const all = await drivers.hypervisor.observe(jobsOfRuns(runs.value));
  for (const { run, intent, leftover } of leftOf(runs.value, all)) {
    const isPlanned = planned.some(
      (action) =>
        (action.kind === 'discard-files' || action.kind === 'end-drill') &&
        action.run === run.run &&
        action.domain.uuid === intent.uuid &&
        (action.kind === 'end-drill' ? 'drill' : action.intent) === intent.kind,
    );
    if (leftover.is !== 'gone' || isPlanned) continue;
    const noted = await dismissLeft(drivers, run, intent.uuid, intent.kind);
    if (!noted.ok) return noted;
  }
  for (const { run, open } of runs.value) {
    const ended = open.length > 0 ? ok(undefined) : await drivers.journals.end(run);
    if (!ended.ok) return ended;
  }
  return ok(undefined);
}
