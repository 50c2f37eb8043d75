import type { Action } from '../model/action.ts';
import { covers, onMirror } from '../model/address.ts';
import { normalised } from './domain-situations.ts';
import { destructive, isUrgent } from './guards/guard-context.ts';
import type { Planning } from './planning.ts';

/**
 * What `--target` leaves of a plan: the actions at or below the addresses,
 * what those depend on, and what a guest cannot wait for. A domain's copies are
 * below its address too. Nothing is deleted: who looks at one domain does not
 * see what goes elsewhere.
 */
export function targetedActions(
  { request }: Planning,
  actions: readonly Action[],
): readonly Action[] {
  if (request.targets === null) return actions;
  const targets = request.targets.map(normalised);
  const deletions = new Set(destructive(actions));
  const isMeant = (action: Action): boolean =>
    targets.some(
      (target) =>
        covers(target, action.address) ||
        ('mirror' in action && covers(onMirror(action.mirror.name, target), action.address)),
    );
  const kept = new Set(
    actions.filter((action) => isUrgent(action) || (!deletions.has(action) && isMeant(action))),
  );
  const needed = new Set([...kept].flatMap(({ dependsOn }) => dependsOn));
  return actions.filter((action) => kept.has(action) || needed.has(action.id));
}
