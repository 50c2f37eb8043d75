import type { DesiredState } from '../model/desired.ts';
import { addSeconds, type Instant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { nextDueAt } from '../schedule/due.ts';
import type { Failing } from './agent-state.ts';
import { stallsOf } from './breaker.ts';

/**
 * The first instant after a plan at which something may be due by the arithmetic of
 * schedule/: a point, a copy, a purge, a retry, the end or the begin of what holds the
 * agent back. null: only the interval knows.
 */
export function nextWake(
  plan: Plan,
  desired: DesiredState,
  observed: ObservedState,
  failing: readonly Failing[],
): Instant | null {
  const { agent } = plan.request;
  const all = [
    ...plan.domains.map((domain) => domain.nextDueAt),
    ...copiesDue(desired, plan.plannedAt),
    ...expiries(desired, observed),
    ...stallsOf(failing).map(({ retryAt }) => retryAt),
    ...(agent?.suspended ?? []).map(({ until }) => until),
    agent?.opensAt ?? null,
  ];
  return all.reduce<Instant | null>((first, at) => {
    if (at === null || at <= plan.plannedAt) return first;
    return first === null || at < first ? at : first;
  }, null);
}

/** When mirrors with a schedule of their own get copies, each domain with its own jitter. */
function copiesDue({ mirrors, domains }: DesiredState, at: Instant): readonly Instant[] {
  return mirrors.flatMap(({ name, schedule }) =>
    schedule === null
      ? []
      : domains
          .filter((domain) => domain.mirrors.includes(name))
          .map(({ uuid }) => nextDueAt(schedule, at, uuid)),
  );
}

function expiries(desired: DesiredState, { stores }: ObservedState): readonly Instant[] {
  return stores.flatMap(({ name, state }) => {
    const keep = desired.stores.find((store) => store.name === name)?.trashKeepSeconds;
    if (state.kind !== 'ready' || keep === undefined) return [];
    return state.trash.map(({ trashedAt }) => addSeconds(trashedAt, keep));
  });
}
