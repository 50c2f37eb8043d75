import type { StoreRef } from '../model/action.ts';
import type { DesiredState } from '../model/desired.ts';
import type { ReadyStore, StoreMemory } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import { runnableActions, type Plan } from '../model/plan.ts';
import type { Failure, Result } from '../model/result.ts';
import { memoryOf } from '../planner/memory.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { rememberStore } from '../store/known-stores.ts';
import { openStore } from '../store/open.ts';
import { withLock } from '../store/with-lock.ts';
import { complain, type Context } from './context.ts';
import { desiredOf } from './load-policy.ts';
import type { Closing } from './run-plan.ts';
import { type Session } from './session.ts';

/** What the closing look is about. */
export interface Done {
  readonly plan: Plan;
  /** It was saved before: what else a plan of now would do is not its business. */
  readonly saved: boolean;
}

/**
 * Looks again after a run (I3): plans what is now, with dueness and age at the
 * plan's instant, and says whether any of its work is left; then notes in the
 * stores what the next run must remember. Domains that came meanwhile are the
 * next plan's; where not everything is seen, nothing is said.
 */
export async function closingOf(
  context: Context,
  session: Session,
  { plan, saved }: Done,
): Promise<Closing> {
  const observed = await session.look();
  const desired = desiredOf(session.policy, observed);
  // What was asked for once was done; asked again it would be done again.
  const request = { ...plan.request, now: [] };
  const then = planPolicy(desired, observed, request, plan.plannedAt);
  const next = planPolicy(desired, observed, request);
  await remember(context, session, plan, { desired, observed });
  const known = new Set(plan.domains.map(({ domain }) => domain.uuid));
  const planned = new Set(plan.actions.map(({ id }) => id));
  // Points that a heal brought back count again: what follows from that is the next plan's.
  const healed = new Set(
    plan.actions.flatMap((action) => (action.kind === 'heal' ? [action.domain.uuid] : [])),
  );
  const left = runnableActions(then).filter((action) => {
    if (saved) return planned.has(action.id);
    if (!('domain' in action)) return true;
    return known.has(action.domain.uuid) && !healed.has(action.domain.uuid);
  });
  return { converged: then.incomplete ? null : left.length === 0, next };
}

// `hold` and `verify` take the store's lock for the time of one small file.
const lockWaitSeconds = 30;

/**
 * Writes the memory of each store, and which store is where. A failure is said:
 * guards will miss it. What was decided half blind is not remembered: a reduced
 * retention that no guard could judge would pass for approved the next time (G210).
 */
async function remember(
  context: Context,
  { host, policy }: Session,
  plan: Plan,
  { desired, observed }: { readonly desired: DesiredState; readonly observed: ObservedState },
): Promise<void> {
  // A mirror that is away is remembered as it was, and hinders no other memory (I9).
  const isBlind = plan.incomplete && plan.onlyMirrorsUnseen !== true;
  const memories = isBlind ? {} : memoryOf(plan, desired, observed, policy.text);
  for (const { name, path, state } of observed.stores) {
    if (state.kind !== 'ready' || isStrange(plan, name, state)) continue;
    const known = rememberStore(host.stateDir, path, state.id);
    const memory = memories[name];
    const written =
      known.ok && memory !== undefined
        ? await writeMemory({ name, path, id: state.id }, memory)
        : known;
    if (!written.ok) complain(context, `store ${name}: ${written.error.message}`);
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

async function writeMemory(ref: StoreRef, memory: StoreMemory): Promise<Result<void, Failure>> {
  const store = openStore(ref);
  if (!store.ok) return store;
  return withLock(store.value, lockWaitSeconds, () => store.value.writeMemory(memory));
}
