import type { Action } from '../model/action.ts';
import { digestOf } from '../model/canonical.ts';
import type { Guard, Plan } from '../model/plan.ts';
import type { LostChain, PolicyChange } from '../model/policy-change.ts';

/** What two plans of one observation differ in; the forecast is somebody else's. */
export type PlanDifference = Pick<
  PolicyChange,
  | 'isSame'
  | 'added'
  | 'removed'
  | 'changed'
  | 'guards'
  | 'covered'
  | 'lost'
  | 'lostPoints'
  | 'lostBytes'
>;

/** Compares the plan of a policy with that of the one before it, both made from the same observation. */
export function comparePlans(base: Plan, plan: Plan): PlanDifference {
  const before = new Map(base.actions.map((action) => [action.id, action]));
  const after = new Map(plan.actions.map((action) => [action.id, action]));
  const added = plan.actions.filter(({ id }) => !before.has(id));
  const changed = plan.actions.filter((action) => {
    const was = before.get(action.id);
    return was !== undefined && contentOf(was) !== contentOf(action);
  });
  const lost = [...added, ...changed]
    .flatMap(lostBy)
    .filter(({ address }) => !base.actions.flatMap(lostBy).some((one) => one.address === address));
  const bytes = lost.map((chain) => chain.bytes);
  return {
    isSame: base.policy.digest === plan.policy.digest,
    added,
    removed: base.actions.filter(({ id }) => !after.has(id)),
    changed,
    guards: {
      added: plan.guards.filter((guard) => !base.guards.some((one) => isSameGuard(one, guard))),
      removed: base.guards.filter((guard) => !plan.guards.some((one) => isSameGuard(one, guard))),
    },
    covered: {
      added: managed(plan).filter((name) => !managed(base).includes(name)),
      removed: managed(base).filter((name) => !managed(plan).includes(name)),
    },
    lost,
    lostPoints: lost.reduce((sum, { points }) => sum + points, 0),
    lostBytes: bytes.includes(null)
      ? null
      : bytes.reduce<number>((sum, one) => sum + (one ?? 0), 0),
  };
}

/** What an action does, whatever line of the policy asks for it and whatever blocks it. */
function contentOf(action: Action): string {
  return digestOf({ ...action, place: null, reasons: null, dependsOn: null });
}

function isSameGuard(a: Guard, b: Guard): boolean {
  return digestOf({ ...a, approved: null }) === digestOf({ ...b, approved: null });
}

// The policy says nothing of these.
const uncovered: ReadonlySet<string> = new Set(['unmanaged', 'ignored']);

function managed({ domains }: Plan): readonly string[] {
  return domains.flatMap(({ domain, verdict }) => (uncovered.has(verdict) ? [] : [domain.name]));
}

function lostBy(action: Action): readonly LostChain[] {
  if (action.kind !== 'trash-chain' && action.kind !== 'hide-copies') return [];
  const { address, points, bytes } = action;
  return [{ address, points: points.length, bytes }];
}
