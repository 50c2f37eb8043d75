import type { Action } from './action.ts';
import { digestOf } from './canonical.ts';
import type { Guard, Plan } from './plan.ts';

// Of a handful of chains two that differ have the same with a chance of 1 in 2^60.
const digits = 16;

/** What an action does to what, as 16 hex digits: the same in every plan, until other points are in the chain. */
export function subjectDigest(action: Action): string {
  return digestOf(subjectOf(action)).slice(0, digits);
}

function subjectOf(action: Action): object {
  const { kind, address } = action;
  const store = 'store' in action ? action.store.id : null;
  switch (kind) {
    case 'trash-chain': {
      const { domain, chain, points } = action;
      return { kind, store, uuid: domain.uuid, chain, points };
    }
    case 'hide-copies':
    case 'purge-copies': {
      const { domain, chain, points, mirror } = action;
      const copies = points.map(({ id }) => id);
      return { kind, mirror: mirror.name, store: mirror.store, uuid: domain.uuid, chain, copies };
    }
    case 'purge-trash': {
      const { domain, chain, run } = action;
      return { kind, store, uuid: domain.uuid, chain, run };
    }
    case 'drop-checkpoint':
      return { kind, store, uuid: action.domain.uuid, checkpoint: action.checkpoint };
    default:
      // A backup has a new name in each plan: what is allowed is one backup of the domain.
      return { kind, store, address };
  }
}

/** The actions that a guard speaks of. */
export function actionsOf({ actions }: Pick<Plan, 'actions'>, guard: Guard): readonly Action[] {
  const ids = new Set(guard.actions);
  return actions.filter(({ id }) => ids.has(id));
}

/** What a guard blocks, as sorted digests. */
export function subjectsOf(plan: Pick<Plan, 'actions'>, guard: Guard): readonly string[] {
  return [...new Set(actionsOf(plan, guard).map(subjectDigest))].toSorted();
}

/** A guard of a plan as one digest: what `holdfast approve` names. */
export function guardDigest(plan: Pick<Plan, 'actions' | 'host'>, guard: Guard): string {
  const { code, scope } = guard;
  return digestOf({ host: plan.host, code, scope, subjects: subjectsOf(plan, guard) }).slice(
    0,
    digits,
  );
}
