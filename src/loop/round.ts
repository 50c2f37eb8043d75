import type { DesiredState } from '../model/desired.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { ok, type Result } from '../model/result.ts';
import { closeRound } from './closing.ts';
import type { Means, Planned, Stage } from './means.ts';
import { performPlan, type Performed } from './perform-plan.ts';

/** What a round is made of; `E` says why there is no plan. */
export interface Round<E> {
  /** Observes everything: before the plan, and again after the run. */
  readonly look: (when: 'before' | 'after') => Promise<ObservedState>;
  /** The policy for the domains that were seen. */
  readonly desiredOf: (observed: ObservedState) => DesiredState;
  /** The plan with its guards, pure. */
  readonly planOf: (desired: DesiredState, observed: ObservedState) => Result<Plan, E>;
  /** The plan was made before, and saved. */
  readonly isSaved: boolean;
  /** Shows the plan, asks if need be; null: it is not to be done. */
  readonly admit: (planned: Planned) => Promise<Stage | null>;
  readonly means: Means;
}

/** A round, as far as it came. */
export interface RoundResult extends Planned {
  /** null: it was not admitted. */
  readonly performed: Performed | null;
}

/**
 * One round of the loop: observe → plan → guard → apply → look again → remember.
 * `apply`, the agent and the simulator do it through here. The caller holds the lock (G401).
 */
export async function runRound<E>(round: Round<E>): Promise<Result<RoundResult, E>> {
  const { look, desiredOf, planOf, isSaved, admit, means } = round;
  const observed = await look('before');
  const made = planOf(desiredOf(observed), observed);
  if (!made.ok) return made;
  const planned = { plan: made.value, observed };
  const stage = await admit(planned);
  if (stage === null) return ok({ ...planned, performed: null });
  const ended = { ...planned, isSaved, look: async () => look('after'), desiredOf };
  const performed = await performPlan(planned, means, stage, async () => closeRound(ended, means));
  return ok({ ...planned, performed });
}
