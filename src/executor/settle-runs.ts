import { join } from 'node:path';
import type { KnownJob } from '../hypervisor/hypervisor.ts';
import type { RunId } from '../model/identity.ts';
import type { ObservedDomain, ObservedRun, OpenIntent } from '../model/observed.ts';
import { type Failure, ok, type Result, unreachable } from '../model/result.ts';
import type { Drivers } from './drivers.ts';
import { domainIn } from './world.ts';

/**
 * Closes what journals of dead runs still call open and of which a look finds
 * nothing left: an intent that stayed open for ever would one day be taken for
 * something that a person did. Changes no domain; what is left is the plan's business.
 */
export async function settleRuns(drivers: Drivers): Promise<Result<void, Failure>> {
  const runs = await drivers.journals.dead();
  if (!runs.seen) return { ok: false, error: runs.failure };
  if (runs.value.length === 0) return ok(undefined);
  const all = await drivers.hypervisor.observe(jobsOfRuns(runs.value));
  for (const dead of runs.value) {
    const done = dead.open.filter((intent) => {
      const domain = domainIn(all, intent.uuid);
      return domain.seen && !isLeft(intent, dead.run, domain.value);
    });
    for (const { uuid, kind } of done) {
      const noted = await drivers.journals.dismiss(dead.run, uuid, kind);
      if (!noted.ok) return noted;
    }
    if (done.length < dead.open.length) continue;
    const ended = dead.open.length > 0 ? ok(undefined) : await drivers.journals.end(dead.run);
    if (!ended.ok) return ended;
    await removeJobFiles(drivers, dead.run);
  }
  return ok(undefined);
}

function jobsOfRuns(runs: readonly ObservedRun[]): readonly KnownJob[] {
  return runs.flatMap(({ run, open }) =>
    open.flatMap((intent) =>
      intent.kind === 'backup-job' ? [{ run, uuid: intent.uuid, socket: intent.socket }] : [],
    ),
  );
}

/** Whether there is still something to undo; null: the domain is gone. */
function isLeft(intent: OpenIntent, run: RunId, domain: ObservedDomain | null): boolean {
  if (domain === null) return intent.kind === 'restore-swap';
  switch (intent.kind) {
    case 'backup-job':
      return domain.job?.run === run;
    case 'frozen-domain':
      return domain.state !== 'off';
    case 'started-domain':
      return (
        domain.state === 'paused' &&
        (intent.runningId === null || intent.runningId === domain.runningId)
      );
    case 'restore-swap':
      return true;
    default:
      return unreachable(intent);
  }
}

/** Scratch files and sockets of a run whose jobs are all gone. */
async function removeJobFiles(
  { files, scratchDir, runtimeDir }: Drivers,
  run: RunId,
): Promise<void> {
  for (const directory of [scratchDir, runtimeDir]) {
    const names = await files.list(directory).catch(() => []);
    for (const name of names.filter((each) => each.startsWith(`${run}-`))) {
      await files.remove(join(directory, name));
    }
  }
}
