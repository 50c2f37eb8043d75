import type { DesiredState } from '../model/desired.ts';
import type { ObservedState } from '../model/observed.ts';
import { runnableActions, type Plan } from '../model/plan.ts';
import { memoryOf } from '../planner/memory.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { rememberStore } from '../store/known-stores.ts';
import type { ProcessDrivers } from './process-drivers.ts';

/** What the closing look of an apply needs to know. */
export interface ClosingRequest {
  readonly plan: Plan;
  readonly drivers: ProcessDrivers;
  readonly desiredOf: (observed: ObservedState) => DesiredState;
}

/** The closing look of `holdfast apply` (cli/closing.ts): which actions are left, and what the stores must remember. */
export async function closeRun(
  { plan, drivers, desiredOf }: ClosingRequest,
  look: () => Promise<ObservedState>,
): Promise<readonly string[] | null> {
  const observed = await look();
  const desired = desiredOf(observed);
  const then = planPolicy(desired, observed, plan.request, plan.plannedAt);
  // A mirror that is away is remembered as it was, and hinders no other memory (I9).
  const isBlind = plan.incomplete && plan.onlyMirrorsUnseen !== true;
  const memories = isBlind ? {} : memoryOf(plan, desired, observed, null);
  for (const { name, path, state } of observed.stores) {
    if (state.kind !== 'ready') continue;
    if (state.knownId !== null && state.knownId !== state.id) continue;
    const known = rememberStore(drivers.stateDir, path, state.id, drivers.journalFiles);
    const memory = memories[name];
    if (!known.ok || memory === undefined) continue;
    const store = drivers.openStore({ name, path, id: state.id });
    const lock = store.ok ? await store.value.lock(30) : store;
    if (!store.ok || !lock.ok) continue;
    store.value.writeMemory(memory);
    lock.value.release();
  }
  return then.incomplete ? null : runnableActions(then).map(({ id }) => id);
}
