import type { ObservedState } from '../model/observed.ts';
import { runnableActions, type Plan } from '../model/plan.ts';
import { memoryOf } from '../planner/memory.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { openStore } from '../store/open.ts';
import { say, type Context } from './context.ts';
import type { Closing } from './run-plan.ts';
import { desiredOf, type Session } from './session.ts';

/**
 * Looks again after a run (I3): plans what is now, with dueness and age at the
 * plan's instant, and says whether any action is left; then tells the stores
 * what the next run must remember.
 */
export async function closingOf(context: Context, session: Session, plan: Plan): Promise<Closing> {
  const observed = await session.look();
  const desired = desiredOf(session.policy, observed);
  if (!desired.ok) return { converged: null, next: null };
  // What was asked for once was done; asked again it would be done again.
  const request = { ...plan.request, now: [] };
  const then = planPolicy(desired.value, observed, request, plan.plannedAt);
  const next = planPolicy(desired.value, observed, request);
  const converged = runnableActions(then).length === 0;
  // A targeted plan did not look at the guards of the other domains: what it
  // remembered would let their changes pass.
  if (plan.request.targets === null) remember(context, session, plan, observed);
  return { converged, next };
}
