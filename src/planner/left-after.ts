import type { Action } from '../model/action.ts';
import { runnableActions, type Plan } from '../model/plan.ts';

/**
 * What a plan of the closing check, taken at the instant of those that were
 * applied, still has to do (I3). Of a domain of which a point was healed nothing is
 * left: points that count again change what is kept and copied, and that is the
 * business of the next plan.
 */
export function leftAfter(applied: readonly Plan[], then: Plan): readonly Action[] {
  const healed = new Set(
    applied.flatMap(({ actions }) =>
      actions.flatMap((action) => (action.kind === 'heal' ? [action.domain.uuid] : [])),
    ),
  );
  return runnableActions(then).filter(
    (action) => !('domain' in action) || !healed.has(action.domain.uuid),
  );
}
