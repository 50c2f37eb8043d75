import type { DesiredState } from '../model/desired.ts';
import type { DomainUuid } from '../model/identity.ts';
import { addSeconds, type Instant } from '../model/instant.ts';
import type { ObservedChain } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import type { StatusChecks, StatusDomain } from '../model/status-report.ts';
import type { Verification } from '../model/verification.ts';

/** How far the checks of each domain have come, by uuid; of those whose points the policy has checked. */
export function checksByDomain(
  plan: Plan,
  domains: DesiredState['domains'],
  { stores, observedAt }: ObservedState,
): ReadonlyMap<DomainUuid, Pick<StatusDomain, 'checks'>> {
  const isPlanned = new Set(
    plan.actions.flatMap((action) => (action.kind === 'verify-points' ? [action.domain.uuid] : [])),
  );
  const nextAt = new Map(
    plan.domains.map(({ domain, nextVerifyAt }) => [domain.uuid, nextVerifyAt]),
  );
  return new Map(
    domains.flatMap(({ uuid, store, verification }) => {
      if (verification === undefined) return [];
      const state = stores.find(({ name }) => name === store)?.state;
      if (state?.kind !== 'ready') return [];
      const chains = state.directories
        .filter((directory) => directory.uuid === uuid)
        .flatMap((directory) => directory.chains);
      const age = checksAge(chains, verification, observedAt);
      // What is planned now is due now.
      const next = isPlanned.has(uuid) ? observedAt : (nextAt.get(uuid) ?? null);
      return [[uuid, { checks: { ...age, nextAt: next } }] as const];
    }),
  );
}

/** How far the checks of the valid points of some chains have come; next is what was never checked, else the oldest. */
export function checksAge(
  chains: readonly ObservedChain[],
  { depth, everySeconds }: Verification,
  observedAt: Instant,
): StatusChecks {
  const valid = chains.flatMap(({ points }) => points).filter(({ fault }) => fault === undefined);
  const dates = valid.flatMap(({ checked }): readonly Instant[] => {
    const at = checked?.[depth];
    return at === undefined || at > observedAt ? [] : [at];
  });
  const never = valid.length - dates.length;
  const late = dates.filter((at) => addSeconds(at, everySeconds) <= observedAt).length;
  const oldestAt = dates.toSorted()[0] ?? null;
  const nextAt = oldestAt === null ? null : addSeconds(oldestAt, everySeconds);
  return {
    depth,
    everySeconds,
    never,
    overdue: never + late,
    oldestAt,
    nextAt: never > 0 || (nextAt !== null && nextAt < observedAt) ? observedAt : nextAt,
  };
}
