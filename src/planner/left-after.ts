import type { Action } from '../model/action.ts';
import { runnableActions, type Plan } from '../model/plan.ts';

/**
 * What a plan of the closing check, taken at the instant of those that were
 * applied, still has to do (I3). Of a domain of which a point was healed nothing is
 * left: points that count again change what is kept and copied, and that is the
 * business of the next plan. So is what is seen only of a domain whose images were put back.
 */
export function leftAfter(applied: readonly Plan[], then: Plan): readonly Action[] {
  const changed = new Set(
    applied.flatMap(({ actions }) =>
      actions.flatMap((action) =>
        action.kind === 'heal' || action.kind === 'put-back' ? [action.domain.uuid] : [],
      ),
    ),
  );
  return runnableActions(then).filter(
    (action) => !('domain' in action) || !changed.has(action.domain.uuid),
  );
}
