import { noRequest } from '../model/plan.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import type { DeskRound } from './agent-desk.ts';
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

/** What a round of the agent has left: its last look, the plan that was made from it, and the health of all. */
export function stateAfter({ session, result }: DeskRound): ToldState {
  const { round, seen: observed } = result;
  const plan = round.performed?.closing.next ?? round.plan;
  const status = statusReport(plan, observed, desiredOf(session.policy, observed));
  return { observed, plan, status };
}
