import type { DesiredState } from '../model/desired.ts';
import type { ObservedState } from '../model/observed.ts';
import { runnableActions, type Plan } from '../model/plan.ts';
import { memoryOf } from '../planner/memory.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { rememberStore } from '../store/known-stores.ts';
import { openStore } from '../store/open.ts';
import type { Context } from './context.ts';
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
  const left = runnableActions(then).filter((action) =>
    saved ? planned.has(action.id) : !('domain' in action) || known.has(action.domain.uuid),
  );
  return { converged: then.incomplete ? null : left.length === 0, next };
}

// `hold` and `verify` take the store's lock for the time of one small file.
const lockWaitSeconds = 30;

/** Writes the memory of each store, and which store is where. A failure is said: guards will miss it. */
async function remember(
  context: Context,
  { host, policy }: Session,
  plan: Plan,
  { desired, observed }: { readonly desired: DesiredState; readonly observed: ObservedState },
): Promise<void> {
  const memories = memoryOf(plan, desired, observed, policy.text);
  for (const { name, path, state } of observed.stores) {
    const memory = memories[name];
    if (state.kind !== 'ready' || memory === undefined) continue;
    const store = openStore({ name, path, id: state.id });
    const lock = store.ok ? await store.value.lock(lockWaitSeconds) : store;
    const written = store.ok && lock.ok ? store.value.writeMemory(memory) : lock;
    if (lock.ok) lock.value.release();
    const known = written.ok ? rememberStore(host.stateDir, path, state.id) : written;
    if (!known.ok) context.terminal.err(`holdfast: store ${name}: ${known.error.message}\n`);
  }
}
