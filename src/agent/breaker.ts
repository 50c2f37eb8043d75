import type { RunReport } from '../executor/run-report.ts';
import type { Action } from '../model/action.ts';
import { actionKey, type Stall } from '../model/agent.ts';
import { digestOf } from '../model/canonical.ts';
import type { DomainUuid } from '../model/identity.ts';
import { addSeconds, type Instant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import type { Failing } from './agent-state.ts';
import type { Resumed } from './suspensions.ts';

// Twice is bad luck, three times is a fault (G404).
const stallsAfter = 3;

// Two intervals: the first pause is felt. An hour: a cause that goes away by itself, a mirror that
// comes back, is noticed on the same day.
const firstPauseSeconds = 600;
const longestPauseSeconds = 3600;

/** When an action that failed so often is tried again; null: it is not stalled. */
function retryAt({ times, lastAt }: Failing): Instant | null {
  if (times < stallsAfter) return null;
  const pause = firstPauseSeconds * 2 ** Math.min(times - stallsAfter, 10);
  return addSeconds(lastAt, Math.min(pause, longestPauseSeconds));
}

/**
 * Digest of what can be seen of the world that an action works in: when it changes, the
 * failures before count no more. Without sizes and free space, which always change, and without
 * checkpoints, which a backup that fails leaves behind.
 */
export function sceneOf(
  observed: ObservedState,
  policyDigest: string,
  uuid: DomainUuid | null,
): string {
  const { hypervisor, stores } = observed;
  const domain = hypervisor.seen
    ? hypervisor.value.domains.find((one) => one.uuid === uuid)
    : undefined;
  return digestOf({
    policyDigest,
    libvirt: hypervisor.seen ? hypervisor.value.version : null,
    stores: stores.map(({ name, path, state }) => [name, path, state.kind]),
    domain:
      domain === undefined
        ? null
        : [domain.state, domain.agent, domain.definitionDigest, domain.blockJobs],
  });
}

/** What stays of earlier failures now: those whose world is the same, and that nobody has resumed. */
export function stillFailing(
  failing: readonly Failing[],
  resumed: readonly Resumed[],
  observed: ObservedState,
  policyDigest: string,
): readonly Failing[] {
  const { observedAt } = observed;
  return failing.filter(({ action, uuid, lastAt, scene }) => {
    // The clock went back: a pause would last until it has caught up, and what was said then would speak of all to come.
    if (lastAt > observedAt) return false;
    const isResumed = resumed.some(
      ({ address, at }) =>
        at > lastAt && at <= observedAt && (address === 'host' || isOf(action, address)),
    );
    return !isResumed && sceneOf(observed, policyDigest, uuid) === scene;
  });
}

/** Whether an action's key is about an address, or below it. */
function isOf(action: string, address: string): boolean {
  const own = action.slice(action.indexOf(' ') + 1).replace(/^[^/]*:(?=domain\/)/, '');
  return own === address || own.startsWith(`${address}/`);
}

/** The actions that are not to be tried yet. */
export function stallsOf(failing: readonly Failing[]): readonly Stall[] {
  return failing.flatMap((one) => {
    const at = retryAt(one);
    return at === null ? [] : [{ action: one.action, times: one.times, retryAt: at }];
  });
}

/** The failures after a run: one more of what failed, none of what did not, or is not planned any more. */
export function failingAfter(
  before: readonly Failing[],
  plan: Plan,
  report: RunReport | null,
  observed: ObservedState,
): readonly Failing[] {
  return plan.actions.flatMap((action) => {
    const key = actionKey(action);
    const known = before.find((one) => one.action === key);
    const outcome = report?.actions.find(({ id }) => id === action.id)?.outcome;
    if (outcome === undefined || outcome.code === 'skipped' || outcome.code === 'interrupted')
      return known === undefined ? [] : [known];
    // One that went stale is planned anew at once; where that never ends it is a fault like others.
    if (outcome.code !== 'failed' && outcome.code !== 'stale') return [];
    const uuid = domainOf(action);
    return [
      {
        action: key,
        uuid,
        times: (known?.times ?? 0) + 1,
        lastAt: plan.plannedAt,
        message: outcome.failure.message,
        scene: sceneOf(observed, plan.policy.digest, uuid),
      },
    ];
  });
}

function domainOf(action: Action): DomainUuid | null {
  return 'domain' in action ? action.domain.uuid : null;
}
