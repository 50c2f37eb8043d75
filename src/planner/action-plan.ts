import type { Action } from '../model/action.ts';
import type { ObservedState } from '../model/observed.ts';
import { noRequest, type Plan } from '../model/plan.ts';
import { sealPlan } from './seal.ts';

/** A plan of actions that a person asked for by name, beside the policy. */
export function actionPlan(
  purpose: Exclude<Plan['purpose'], 'policy'>,
  actions: readonly Action[],
  observed: ObservedState,
  policy: Plan['policy'],
): Plan {
  return sealPlan({
    purpose,
    tool: observed.tool,
    host: observed.host.name,
    plannedAt: observed.observedAt,
    policy,
    observed: [],
    request: noRequest,
    actions,
    notes: [],
    guards: [],
    domains: [],
    incomplete: false,
    doomed: {},
  });
}
