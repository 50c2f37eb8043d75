import { destructiveKinds, type Action } from '../model/action.ts';
import { digestOf } from '../model/canonical.ts';
import type { Plan } from '../model/plan.ts';

/** What of a saved plan may still be done, and what not, with the reason. */
export interface Subset {
  /** The saved plan with the actions that may be done, or that a guard blocks. */
  readonly plan: Plan;
  /** Actions that are left out: the state has changed, and a new plan would not do them. */
  readonly dropped: readonly Action[];
}

/**
 * A saved plan as it may be done now (G302): never more than was saved. Guards
 * are those of a fresh plan, with what `--allow` says today; a deletion must
 * also be in the fresh plan, unchanged. Whether anything else still fits is
 * told by its preconditions, which the executor checks.
 */
export function subsetOf(saved: Plan, fresh: Plan): Subset {
  const today = new Map(fresh.actions.map((action) => [action.id, action]));
  const dropped: Action[] = [];
  const actions = saved.actions.flatMap((action): readonly Action[] => {
    const now = today.get(action.id);
    if (destructiveKinds.has(action.kind) && (now === undefined || !isSame(action, now))) {
      dropped.push(action);
      return [];
    }
    return [{ ...action, blockedBy: now === undefined ? action.blockedBy : now.blockedBy }];
  });
  const { doomedCopies: _doomed, onlyMirrorsUnseen: _unseen, ...rest } = saved;
  const { request, guards, incomplete, onlyMirrorsUnseen, doomed, doomedCopies } = fresh;
  const plan: Plan = {
    ...rest,
    actions,
    request,
    guards,
    incomplete,
    ...(onlyMirrorsUnseen === undefined ? {} : { onlyMirrorsUnseen }),
    doomed,
    ...(doomedCopies === undefined ? {} : { doomedCopies }),
  };
  return { plan, dropped };
}

/** Whether two deletions take the same away, whatever blocks or explains them, whenever in the plan, and whenever it is purged. */
function isSame(a: Action, b: Action): boolean {
  return digestOf(subject(a)) === digestOf(subject(b));
}

function subject(action: Action): object {
  const timeless = { wave: null, purgeAfter: null, bytes: null, dependsOn: null };
  return { ...action, ...timeless, reasons: null, blockedBy: null, place: null };
}
