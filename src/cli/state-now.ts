import { noRequest } from '../model/plan.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { desiredOf } from './load-policy.ts';
import type { Session } from './session.ts';
import { statusReport } from './status-report.ts';
import type { ToldState } from './told-state.ts';

/** Looks at this host once: what a plan would do now, and the health of all. */
export async function stateNow(session: Session): Promise<ToldState> {
  const observed = await session.look();
  const desired = desiredOf(session.policy, observed);
  const plan = planPolicy(desired, observed, noRequest);
  return { observed, plan, status: statusReport(plan, observed, desired) };
}
