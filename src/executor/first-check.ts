import type { Action } from '../model/action.ts';
import { domainIn } from '../model/domain-in.ts';
import type { Outcome } from '../model/event.ts';
import type { ObservedHypervisor } from '../model/observed.ts';
import { seen, type Seen } from '../model/result.ts';
import { mirrorOf } from './mirror-of.ts';
import { checkGuarded, type RunTools, toolsFor } from './run-action.ts';

/**
 * Checks all actions before the first is done (G303), against one look at all
 * domains, and settles those whose preconditions are gone. Actions that wait
 * for a repair are looked at when that is done: it is what makes them ready.
 * So are those at mirrors, when their turn comes: a mirror that hangs must not hold up a backup (I9),
 * and what is copied may be a point that this very plan takes. What is drilled may be one too, and
 * the memory for it is asked for when it is its turn.
 */
export async function checkFirst(
  actions: readonly Action[],
  all: Seen<ObservedHypervisor>,
  tools: RunTools,
): Promise<ReadonlyMap<string, Outcome>> {
  const repairs = new Set(actions.filter(({ wave }) => wave === 10).map(({ id }) => id));
  const settled = new Map<string, Outcome>();
  for (const action of actions) {
    if (tools.signal.aborted) break;
    if (action.dependsOn.some((id) => repairs.has(id))) continue;
    if (mirrorOf(action) !== null || action.kind === 'drill') continue;
    const checked = await checkGuarded(action, {
      ...toolsFor(action, tools),
      look: async (uuid) => domainIn(all, uuid),
      // Looked at right before the first deletion; for now nothing is moved.
      imagePaths: async () => seen([]),
    });
    if (checked.ok) continue;
    const { error } = checked;
    // Interrupted while looking: the scheduler skips it with the others.
    if (error.code === 'interrupted') break;
    settled.set(action.id, error);
    tools.recorder.record({ kind: 'action-finished', action: action.id, outcome: error });
  }
  return settled;
}
