import type { Action, ActionKind } from '../model/action.ts';
import type { DomainUuid } from '../model/identity.ts';
import { byUrgency } from './check-queue.ts';
import type { DomainDecision } from './domain-decision.ts';
import { provenMs } from './drill-dueness.ts';
import { byText } from './order.ts';
import { isPurge } from './space.ts';

/** Within a wave: a frozen guest first, then what others depend on, then what only tidies up. */
const kindOrder: Readonly<Record<ActionKind, number>> = {
  'thaw-domain': 0,
  'abort-job': 1,
  'restore-power-state': 2,
  'put-back': 3,
  'create-store': 4,
  'end-drill': 5,
  'discard-files': 6,
  'discard-incoming': 7,
  'redefine-checkpoint': 8,
  'drop-checkpoint': 9,
  backup: 10,
  restore: 11,
  untrack: 12,
  'copy-points': 13,
  'trash-chain': 14,
  'hide-copies': 15,
  'purge-trash': 16,
  'purge-copies': 17,
  heal: 18,
  'verify-points': 19,
  'verify-copies': 20,
  drill: 21,
};

/** A purge outside its own wave makes room for what is written in that one. */
function rank(action: Action): number {
  return isPurge(action) && action.wave !== 90 ? -1 : kindOrder[action.kind];
}

/**
 * Actions in the order in which they are done: by wave and kind; of backups
 * and drills the domain that waited longest comes first, of checks the one whose first
 * point is the most urgent, else by address and id.
 */
export function orderedActions(
  actions: readonly Action[],
  decisions: ReadonlyMap<DomainUuid, DomainDecision>,
): readonly Action[] {
  const age = (action: Action): number => {
    if (action.kind === 'drill') return provenMs(action);
    return action.kind === 'backup' ? (decisions.get(action.domain.uuid)?.freshMs ?? 0) : 0;
  };
  return actions.toSorted(
    (a, b) =>
      a.wave - b.wave ||
      rank(a) - rank(b) ||
      age(a) - age(b) ||
      byUrgency(a, b) ||
      byText(a.address, b.address) ||
      byText(a.id, b.id),
  );
}
