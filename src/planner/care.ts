import type { HideCopies } from '../model/copy-action.ts';
import type { Note } from '../model/plan.ts';
import type { TrashChain } from '../model/store-action.ts';
import type { Guarded } from './apply-guards.ts';
import { copiedChainKey, plannedCopyChecks, type PlannedCopyChecks } from './copy-checks.ts';
import { chainKey, plannedHeals, type PlannedHeals } from './heals.ts';
import type { Planning } from './planning.ts';
import { plannedChecks, type PlannedChecks } from './verification.ts';

/** What is done for points and copies that stay. */
export interface Care {
  readonly heals: PlannedHeals;
  readonly checks: PlannedChecks;
  readonly copyChecks: PlannedCopyChecks;
}

const noCare: Care = {
  heals: { actions: [], notes: [] },
  checks: { actions: [], notes: [], nextAt: new Map() },
  copyChecks: { actions: [], notes: [] },
};

/**
 * What is healed and checked of the chains that do not go; one that a guard keeps
 * may stay for long (a mirror that is away, an agent that deletes nothing), and is one of them.
 */
export function careOf(
  planning: Planning,
  leaving: readonly (TrashChain | HideCopies)[],
  guarded: (care: Care) => Guarded,
): Care {
  const { domains, mirrors } = planning;
  // Heals need a mirror: where nothing is checked or healed, the guards need not be asked twice.
  const isAsked =
    mirrors.length > 0 || domains.some(({ desired }) => desired?.verification !== undefined);
  const kept = new Set(
    leaving.length === 0 || !isAsked
      ? []
      : guarded(noCare).actions.flatMap(({ id, blockedBy }) => (blockedBy.length > 0 ? [id] : [])),
  );
  const here = new Set<string>();
  const there = new Set<string>();
  for (const action of leaving) {
    if (kept.has(action.id)) continue;
    const { domain, chain } = action;
    if (action.kind === 'hide-copies')
      there.add(copiedChainKey(action.mirror.name, domain.uuid, chain));
    else here.add(chainKey(action.store.name, action.directory, chain));
  }
  return {
    heals: plannedHeals(planning, here),
    checks: plannedChecks(planning, here),
    copyChecks: plannedCopyChecks(planning, there),
  };
}

/** What is said of points and copies that stay. */
export const careNotes = ({ heals, checks, copyChecks }: Care): readonly Note[] => [
  ...heals.notes,
  ...checks.notes,
  ...copyChecks.notes,
];
