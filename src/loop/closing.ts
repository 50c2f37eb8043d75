import type { StoreRef } from '../model/action-base.ts';
import type { DesiredState } from '../model/desired.ts';
import type { ReadyStore, StoreMemory } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import type { Failure, Result } from '../model/result.ts';
import { leftAfter } from '../planner/left-after.ts';
import { memoryOf } from '../planner/memory.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { rememberStore } from '../store/known-stores.ts';
import { withLock } from '../store/with-lock.ts';
import type { Means } from './means.ts';

/** What the closing look found. */
export interface Closing {
  /** Whether a new plan would be empty; null: it was not looked at, or not everything was seen. */
  readonly converged: boolean | null;
  /** Ids of the actions that are left to do; empty where that was not to be told. */
  readonly left: readonly string[];
  /** The plan as of the closing look; null: there was none. */
  readonly next: Plan | null;
}

/** A run that nobody looks after: what a person asked for by name is another matter than the policy. */
export const noClosing: Closing = { converged: null, left: [], next: null };

/** What is closed, and how it is looked at. */
export interface Ended {
  readonly plan: Plan;
  /** What the plan was made from. */
  readonly observed: ObservedState;
  /** It was saved before: what else a plan of now would do is not its business. */
  readonly isSaved: boolean;
  readonly look: () => Promise<ObservedState>;
  readonly desiredOf: (observed: ObservedState) => DesiredState;
}

/**
 * Looks again after a run (I3): plans what is now, with dueness and age at the
 * plan's instant, and says whether any of its work is left; then notes in the
 * stores what the next run must remember. Domains that came meanwhile are the
 * next plan's; where not everything is seen, nothing is said.
 */
export async function closeRound(
  { plan, observed: before, isSaved, look, desiredOf }: Ended,
  means: Means,
): Promise<Closing> {
  const observed = await look();
  const desired = desiredOf(observed);
  // Where nothing was done, nothing was looked at: planned again, the same observation gives the same plan.
  const isSame = observed === before && !isSaved && plan.request.now.length === 0;
  // What was asked for once was done; asked again it would be done again.
  const request = { ...plan.request, now: [] };
  const then = isSame ? plan : planPolicy(desired, observed, request, plan.plannedAt);
  const next = isSame ? plan : planPolicy(desired, observed, request);
  await remember(means, plan, desired, observed);
  if (then.incomplete) return { converged: null, left: [], next };
  const known = new Set(plan.domains.map(({ domain }) => domain.uuid));
  const planned = new Set(plan.actions.map(({ id }) => id));
  const left = leftAfter([plan], then).filter((action) =>
    isSaved ? planned.has(action.id) : !('domain' in action) || known.has(action.domain.uuid),
  );
  return { converged: left.length === 0, left: left.map(({ id }) => id), next };
}

// `hold` and `verify` take the store's lock for the time of one small file.
const lockWaitSeconds = 30;

/**
 * Writes the memory of each store, and which store is where. A failure is said:
 * guards will miss it. What was decided half blind is not remembered: a reduced
 * retention that no guard could judge would pass for approved the next time (G210).
 */
async function remember(
  means: Means,
  plan: Plan,
  desired: DesiredState,
  observed: ObservedState,
): Promise<void> {
  // A mirror that is away is remembered as it was, and hinders no other memory (I9).
  const isBlind = plan.incomplete && plan.onlyMirrorsUnseen !== true;
  const memories = isBlind ? {} : memoryOf(plan, desired, observed, means.policyText);
  for (const { name, path, state } of observed.stores) {
    if (state.kind !== 'ready' || isStrange(plan, name, state)) continue;
    const known = rememberStore(means.stateDir, path, state.id, means.files);
    const memory = memories[name];
    const written =
      known.ok && memory !== undefined
        ? await writeMemory(means, { name, path, id: state.id }, memory)
        : known;
    if (!written.ok) means.warn(`store ${name}: ${written.error.message}`);
  }
}

/** Whether it is another store than this host knew there, and nobody has said that it is meant (G152). */
function isStrange({ guards }: Plan, name: string, { id, knownId }: ReadyStore): boolean {
  if (knownId === null || knownId === id) return false;
  return !guards.some(
    ({ code, scope, effect }) =>
      code === 'G152' && scope === `store/${name}` && effect === 'allowed',
  );
}

async function writeMemory(
  { drivers }: Means,
  ref: StoreRef,
  memory: StoreMemory,
): Promise<Result<void, Failure>> {
  const store = drivers.openStore(ref);
  if (!store.ok) return store;
  return withLock(store.value, lockWaitSeconds, () => store.value.writeMemory(memory));
}
