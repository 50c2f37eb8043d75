import type { Approval } from '../../src/model/approval.ts';
import { subjectsOf } from '../../src/model/approved-subjects.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import type { Guard, Plan, Request } from '../../src/model/plan.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { chain, directory } from '../planner/build-chain.ts';
import { domain, tracked } from '../planner/build-domain.ts';
import { desiredDomain, desiredState, request, retentionOf } from '../planner/build-policy.ts';
import { world } from '../planner/build.ts';

const web01 = domain(1, 'web01');
const desired = desiredState([desiredDomain(1, 'web01', { retention: retentionOf({ last: 1 }) })]);

/** web01 has chains of these days and is to keep the newest: with three, two go at once, which G201 blocks. */
export function planOfDays(days: readonly number[], asked: Partial<Request> = {}): Plan {
  return planPolicy(desired, observedDays(days), request(asked));
}

/** What is seen of a host with these chains. */
export function observedDays(days: readonly number[]): ObservedState {
  const where = directory(
    web01,
    days.map((day) => chain(`2026-11-${day}T01:00:00.000Z`, 1)),
  );
  return world(desired, [tracked(web01, where)], [where], {});
}

/** Its guard of the deletions. */
export function guardOf(plan: Plan): Guard {
  const guard = plan.guards.find(({ code }) => code === 'G201');
  if (guard === undefined) throw new Error('Nothing is blocked by G201');
  return guard;
}

/** An approval of what the guard blocks in a plan. */
export function approvalFor(plan: Plan, changes: Partial<Approval> = {}): Approval {
  return {
    id: '0123456789abcdef',
    host: plan.host,
    code: 'G201',
    scope: 'domain/web01',
    subjects: subjectsOf(plan, guardOf(plan)),
    madeAt: '2026-11-22T09:00:00.000Z',
    until: '2026-11-22T21:00:00.000Z',
    by: 'alice@example.org',
    how: 'signature',
    ...changes,
  };
}
