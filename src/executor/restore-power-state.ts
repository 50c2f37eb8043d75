import type { RestorePowerState } from '../model/repair-action.ts';
import { ok } from '../model/result.ts';
import { lookAt } from './look.ts';
import { during, failed, waiting } from './not-done.ts';
import type { Performer } from './performer.ts';

/** Stops a domain that a dead run had started paused (I11). Asks no store for anything. */
export const restorePowerState: Performer<RestorePowerState> = {
  async check({ domain, run }, tools) {
    const look = await lookAt(domain, tools);
    if (!look.ok) return look;
    const job = look.value?.job ?? null;
    if (job === null || job.run === run) return ok('ready');
    return waiting(
      'job-runs',
      `${domain.name} has another job, which would end if it were stopped.`,
    );
  },

  async apply({ domain, run, runningId }, tools) {
    const look = await lookAt(domain, tools);
    if (!look.ok) return look;
    const stopped =
      look.value === null || look.value.state === 'off'
        ? ok('already-off' as const)
        : await tools.drivers.hypervisor.stopStarted(domain.uuid, runningId);
    if (!stopped.ok) return failed(during(`Stopping ${domain.name}`, stopped.error));
    if (stopped.value === 'left-running') {
      const message = `Somebody resumed ${domain.name} after run ${run} had started it, so it is left as it is.`;
      tools.log.warn({ code: 'left-running', message });
    }
    const noted = await tools.dismiss(run, domain.uuid, 'started-domain');
    if (!noted.ok) return failed(noted.error);
    return ok(stopped.value === 'stopped' ? { code: 'done', bytes: null } : { code: 'already' });
  },
};
