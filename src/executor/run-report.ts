import type { Action } from '../model/action.ts';
import type { Outcome } from '../model/event.ts';
import type { RunId } from '../model/identity.ts';
import type { Plan } from '../model/plan.ts';

/** How a run ended; plain JSON. */
export interface RunReport {
  readonly run: RunId;
  readonly plan: string;
  /** One for each action that no guard blocks, in the plan's order. */
  readonly actions: readonly {
    readonly id: string;
    readonly kind: Action['kind'];
    readonly address: string;
    readonly outcome: Outcome;
  }[];
  /** Done now, or done already. */
  readonly done: number;
  readonly failed: number;
  readonly stale: number;
  readonly waiting: number;
  /** Because another failed, or the run was stopped before they began. */
  readonly skipped: number;
  /** A signal came. */
  readonly interrupted: boolean;
  /** Whether a new plan would be empty; null when that was not looked at. */
  readonly converged: boolean | null;
}

/** Counts outcomes; an action that was stopped counts as failed. */
export function reportOf(run: {
  readonly plan: Plan;
  readonly run: RunId;
  readonly actions: readonly Action[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly interrupted: boolean;
}): RunReport {
  const actions = run.actions.map(({ id, kind, address }) => ({
    id,
    kind,
    address,
    outcome: run.outcomes.get(id) ?? ({ code: 'skipped', because: id } as const),
  }));
  const count = (...codes: readonly Outcome['code'][]): number =>
    actions.filter(({ outcome }) => codes.includes(outcome.code)).length;
  return {
    run: run.run,
    plan: run.plan.id,
    actions,
    done: count('done', 'already'),
    failed: count('failed', 'interrupted'),
    stale: count('stale'),
    waiting: count('waiting'),
    skipped: count('skipped'),
    interrupted: run.interrupted,
    converged: null,
  };
}
