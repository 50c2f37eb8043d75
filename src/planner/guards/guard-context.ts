import { destructiveKinds, type Action } from '../../model/action.ts';
import type { HideCopies, PurgeCopies } from '../../model/copy-action.ts';
import type { DomainUuid } from '../../model/identity.ts';
import type { Guard } from '../../model/plan.ts';
import type { TrashChain } from '../../model/store-action.ts';
import type { CopyDecisions } from '../copy-decision.ts';
import type { DomainDecision } from '../domain-decision.ts';
import type { DomainSituation, MirrorSituation, Planning, StoreSituation } from '../planning.ts';

/** What a guard looks at: the whole plan as it would be without guards. */
export interface GuardContext {
  readonly planning: Planning;
  /** In the order of the plan. */
  readonly actions: readonly Action[];
  readonly decisions: ReadonlyMap<DomainUuid, DomainDecision>;
  readonly byUuid: ReadonlyMap<DomainUuid, DomainSituation>;
  /** What is copied to mirrors; empty in a plan that copies nothing. */
  readonly copies: CopyDecisions;
}

/** A rule of 5-safety.md: pure, and silent when it has nothing to say. */
export type GuardRule = (context: GuardContext) => readonly Guard[];

/** A guard's word before anybody allowed anything. */
export function finding(
  guard: Pick<Guard, 'code' | 'scope' | 'effect' | 'overridable'> & {
    readonly actions: readonly Action[];
    readonly facts: NonNullable<Guard['facts']>;
  },
): Guard {
  return { ...guard, actions: guard.actions.map(({ id }) => id) };
}

/** Actions that delete points or trackers (I4). */
export function destructive(actions: readonly Action[]): readonly Action[] {
  return actions.filter(({ kind }) => destructiveKinds.has(kind));
}

/** Chains that go to the trash. */
export function trashChains(actions: readonly Action[]): readonly TrashChain[] {
  return actions.filter((action): action is TrashChain => action.kind === 'trash-chain');
}

/** Chains that are deleted at mirrors. */
export function hiddenCopies(actions: readonly Action[]): readonly HideCopies[] {
  return actions.filter((action): action is HideCopies => action.kind === 'hide-copies');
}

/** Deletions of one store's copies at one mirror. */
export function deletionsAt(
  { name, ref }: MirrorSituation,
  actions: readonly Action[],
): readonly (HideCopies | PurgeCopies)[] {
  return actions.filter(
    (action): action is HideCopies | PurgeCopies =>
      (action.kind === 'hide-copies' || action.kind === 'purge-copies') &&
      action.mirror.name === name &&
      action.mirror.store === ref?.store,
  );
}

/** Deletions that a store's own state bears on: its points and trackers, and its copies, which may be all that is left. */
export function deletionsOf(
  { name, ref }: StoreSituation,
  actions: readonly Action[],
): readonly Action[] {
  return destructive(actions).filter((action) =>
    'mirror' in action
      ? ref !== null && action.mirror.store === ref.id
      : 'store' in action && action.store.name === name,
  );
}

/** Whether a deletion is asked for by a `removed:`, not by retention. */
export function isRemoval(action: TrashChain): boolean {
  return action.reasons.some(({ code }) => code === 'removed-by-policy');
}

// These undo what a dead run does to a guest at this moment: no rule about
// policies, hosts or targets may keep a guest frozen or its scratch growing.
const urgentKinds: ReadonlySet<Action['kind']> = new Set([
  'thaw-domain',
  'abort-job',
  'restore-power-state',
]);

/** Whether an action is done whatever was asked for (I10, I11, I14). */
export function isUrgent({ kind }: Action): boolean {
  return urgentKinds.has(kind);
}
