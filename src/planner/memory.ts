import type { DesiredState } from '../model/desired.ts';
import type { ChainId } from '../model/identity.ts';
import type { ReadyStore, RetentionMemory, StoreMemory } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { spaceSamples } from './forecast.ts';
import { validPoints } from './guards/g153-vanished.ts';
import { retentionMemory } from './guards/g210-retention-reduced.ts';
import { mirrorMemories } from './mirror-memory.ts';

/**
 * What each store must remember after an apply, by the store's name: a pure
 * function of the plan that was applied, the policy, and what was seen
 * afterwards. What a guard blocked is not forgotten: as long as nobody allowed
 * it, the next plan compares with the same memory. A targeted apply looked at
 * a part only, so it begins no memory and changes no retention in it. Stores
 * that are not seen get none.
 */
export function memoryOf(
  plan: Plan,
  desired: DesiredState,
  after: ObservedState,
  policyText: string | null,
): Readonly<Record<string, StoreMemory>> {
  const memories: Record<string, StoreMemory> = {};
  for (const { name, state } of after.stores) {
    if (state.kind !== 'ready') continue;
    const memory = storeMemory(plan, desired, after, { name, ready: state, policyText });
    const mirrors = memory === null ? null : mirrorMemories(plan, desired, after, name, state);
    if (memory !== null) memories[name] = mirrors === null ? memory : { ...memory, mirrors };
  }
  return memories;
}

interface StoreAfter {
  readonly name: string;
  readonly ready: ReadyStore;
  readonly policyText: string | null;
}

function storeMemory(
  plan: Plan,
  desired: DesiredState,
  { observedAt, host }: ObservedState,
  { name, ready, policyText }: StoreAfter,
): StoreMemory | null {
  const before = ready.memory;
  const isPart = plan.request.targets !== null;
  if (isPart && before === null) return null;
  const scope = `store/${name}`;
  // A clock that is not trusted must not become the measure of the next plan.
  const isClockBad = isHeldBack(plan, 'G154', 'host');
  const clock =
    isClockBad && before !== null
      ? { at: before.at, bootId: before.bootId, bootClockSeconds: before.bootClockSeconds }
      : { at: observedAt, bootId: host.bootId, bootClockSeconds: host.bootClockSeconds };
  return {
    formatVersion: 1,
    ...clock,
    policyDigest: isPart && before !== null ? before.policyDigest : desired.policy.digest,
    commit: isPart && before !== null ? before.commit : desired.policy.commit,
    mount: before !== null && isHeldBack(plan, 'G152', scope) ? before.mount : ready.mount,
    points: before !== null && isHeldBack(plan, 'G153', scope) ? before.points : validPoints(ready),
    retention: retentions(plan, desired, name, before),
    doomed: isPart && before !== null ? before.doomed : doomedIn(plan, ready),
    policyText: isPart && before !== null ? before.policyText : policyText,
    // A day of a clock that is not trusted would stand in the line for two months.
    space: isClockBad ? (before?.space ?? []) : spaceSamples(ready, observedAt),
  };
}

/** Whether a guard spoke up and nobody lifted it. */
function isHeldBack({ guards }: Plan, code: string, scope: string): boolean {
  return guards.some(
    (guard) => guard.code === code && guard.scope === scope && guard.effect === 'block',
  );
}

/** Retention by domain. One that was reduced and not allowed stays what it was, and so does that of a domain the policy left. */
function retentions(
  plan: Plan,
  desired: DesiredState,
  store: string,
  before: StoreMemory | null,
): Readonly<Record<string, RetentionMemory>> {
  if (plan.request.targets !== null && before !== null) return before.retention;
  const held = new Set(
    plan.guards
      .filter(({ code, effect }) => code === 'G210' && effect === 'block')
      .flatMap(({ actions }) => actions),
  );
  const heldDomains = new Set(
    plan.actions.flatMap((action) =>
      action.kind === 'trash-chain' && held.has(action.id) ? [action.domain.uuid] : [],
    ),
  );
  const now: Record<string, RetentionMemory> = { ...before?.retention };
  for (const { uuid, store: own, retention } of desired.domains) {
    if (own === store && !heldDomains.has(uuid)) now[uuid] = retentionMemory(retention);
  }
  return now;
}

// What these block must not be an ordinary rotation next time.
const unapproved: ReadonlySet<string> = new Set(['G201', 'G210']);

/** The plan's doomed chains of the domains that this store holds, but for those that wait for a yes. */
function doomedIn(plan: Plan, ready: ReadyStore): Readonly<Record<string, readonly ChainId[]>> {
  const doomed: Record<string, readonly ChainId[]> = {};
  const held = new Set(
    plan.guards.flatMap(({ code, effect, actions }) =>
      unapproved.has(code) && effect === 'block' ? actions : [],
    ),
  );
  const waiting = new Set(
    plan.actions.flatMap((action) =>
      action.kind === 'trash-chain' && held.has(action.id)
        ? [`${action.domain.uuid}/${action.chain}`]
        : [],
    ),
  );
  for (const { uuid, chains } of ready.directories) {
    const known = new Set(chains.map(({ id }) => id));
    const own = (plan.doomed[uuid] ?? []).filter(
      (chain) => known.has(chain) && !waiting.has(`${uuid}/${chain}`),
    );
    if (own.length > 0) doomed[uuid] = own;
  }
  return doomed;
}
