import type { Action } from '../model/action.ts';
import type { DomainUuid } from '../model/identity.ts';
import { instantOf, type Instant } from '../model/instant.ts';
import type { DomainVerdict } from '../model/plan.ts';
import { nextDueAt } from '../schedule/due.ts';
import type { DomainDecision } from './domain-decision.ts';
import { grouped } from './order.ts';
import type { DomainSituation, Planning } from './planning.ts';

/** I13: each domain in exactly one list, after guards have spoken; by name and uuid. */
export function verdictsOf(
  planning: Planning,
  decisions: ReadonlyMap<string, DomainDecision>,
  actions: readonly Action[],
  nextVerifyAt: ReadonlyMap<DomainUuid, Instant> = new Map(),
): readonly DomainVerdict[] {
  const byDomain = grouped(
    actions.filter((action) => 'domain' in action),
    (action) => ('domain' in action ? action.domain.uuid : ''),
  );
  return planning.domains.flatMap((domain) => {
    const decision = decisions.get(domain.uuid);
    if (decision === undefined) return [];
    const own = byDomain.get(domain.uuid) ?? [];
    const nextAt = nextVerifyAt.get(domain.uuid);
    const verdict = verdictOf(planning, domain, decision, own);
    return [nextAt === undefined ? verdict : { ...verdict, nextVerifyAt: nextAt }];
  });
}

function verdictOf(
  planning: Planning,
  { uuid, name, desired, ignored }: DomainSituation,
  decision: DomainDecision,
  actions: readonly Action[],
): DomainVerdict {
  return {
    domain: { uuid, name },
    ...listOf(decision, actions),
    place: desired?.place ?? ignored?.place ?? null,
    nextDueAt: desired === null ? null : nextDueAt(desired.schedule, planning.asOf, uuid),
    freshAt: decision.freshMs === null ? null : instantOf(decision.freshMs),
    rpoSeconds: desired?.rpoSeconds ?? null,
  };
}

// Whoever waits, waits, even while something of his is repaired.
const movable: ReadonlySet<DomainVerdict['verdict']> = new Set([
  'acted-on',
  'up-to-date',
  'gone',
  'unmanaged',
]);

function listOf(
  { verdict, reasons, backup }: DomainDecision,
  actions: readonly Action[],
): Pick<DomainVerdict, 'verdict' | 'reasons'> {
  const own = backup === null ? undefined : actions.find(({ id }) => id === backup.id);
  if (own !== undefined && own.blockedBy.length > 0) {
    return { verdict: 'blocked', reasons: own.blockedBy.map((code) => ({ code })) };
  }
  if (!movable.has(verdict)) return { verdict, reasons };
  const done = actions.filter(({ blockedBy }) => blockedBy.length === 0);
  if (done.length > 0) {
    const why = backup === null ? done.flatMap((action) => action.reasons.slice(0, 1)) : reasons;
    return { verdict: 'acted-on', reasons: why.slice(0, 3) };
  }
  return { verdict, reasons };
}
