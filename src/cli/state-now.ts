import type { ObservedState } from '../model/observed.ts';
import { noRequest, type Plan } from '../model/plan.ts';
import type { StatusReport } from '../model/report.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { desiredOf } from './load-policy.ts';
import type { Session } from './session.ts';
import { statusReport } from './status-report.ts';

/** One look at this host, and what is made of it: what a plan would do now, and the health of all. */
export interface StateNow {
  readonly observed: ObservedState;
  readonly plan: Plan;
  readonly status: StatusReport;
}

/** Looks at this host once. */
export async function stateNow(session: Session): Promise<StateNow> {
  const observed = await session.look();
  const desired = desiredOf(session.policy, observed);
  const plan = planPolicy(desired, observed, noRequest);
  return { observed, plan, status: statusReport(plan, observed, desired) };
}
