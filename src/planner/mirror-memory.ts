import type { DesiredMirror, DesiredState } from '../model/desired.ts';
import type { ChainId } from '../model/identity.ts';
import type { ObservedMirrorContent } from '../model/observed-mirror.ts';
import type {
  MirrorMemory,
  ReadyStore,
  RetentionMemory,
  StoreMemory,
} from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { validPoints } from './guards/g153-vanished.ts';
import { retentionMemory } from './guards/g210-retention-reduced.ts';

/**
 * What a store must remember of its mirrors after an apply. A mirror that was
 * not seen, before or after it, stays as it was remembered, and so does one that the policy no
 * longer names: it may come back. null when there is none to remember.
 */
export function mirrorMemories(
  plan: Plan,
  desired: DesiredState,
  after: ObservedState,
  store: string,
  ready: ReadyStore,
): NonNullable<StoreMemory['mirrors']> | null {
  const before = ready.memory?.mirrors ?? {};
  const now: Record<string, MirrorMemory> = { ...before };
  for (const mirror of desired.mirrors) {
    const looks = after.mirrors.find(({ name }) => name === mirror.name)?.stores ?? [];
    const state = looks.find((look) => look.store === store)?.state;
    if (state?.seen !== true || state.value.store !== ready.id) continue;
    if (isBlind(plan, mirror.name)) continue;
    const known = before[mirror.name] ?? null;
    if (plan.request.targets !== null && known === null) continue;
    now[mirror.name] = memoryAt(plan, desired, { mirror, store, known, content: state.value });
  }
  return Object.keys(now).length === 0 ? null : now;
}

/** Whether the plan was made without a whole look at a mirror: what no guard could judge is not remembered. */
function isBlind({ notes }: Plan, mirror: string): boolean {
  return notes.some(
    ({ code, address }) =>
      address === `mirror/${mirror}` && (code === 'mirror-unseen' || code === 'unreadable'),
  );
}

interface MirrorAfter {
  readonly mirror: DesiredMirror;
  readonly store: string;
  readonly known: MirrorMemory | null;
  readonly content: ObservedMirrorContent;
}

function memoryAt(
  plan: Plan,
  desired: DesiredState,
  { mirror, store, known, content }: MirrorAfter,
): MirrorMemory {
  const { name } = mirror;
  const isPart = plan.request.targets !== null;
  const isVanished = plan.guards.some(
    ({ code, scope, effect, facts }) =>
      code === 'G153' &&
      scope === `mirror/${name}` &&
      effect === 'block' &&
      facts?.['store'] === store,
  );
  const retention: Record<string, RetentionMemory> = { ...known?.retention };
  const reduced = heldBy(plan, name, new Set(['G210']));
  for (const domain of desired.domains) {
    if (domain.store !== store || !domain.mirrors.includes(name)) continue;
    if (isPart || reduced.domains.has(domain.uuid)) continue;
    retention[domain.uuid] = retentionMemory(mirror.retention);
  }
  return {
    points: known !== null && isVanished ? known.points : validPoints(content),
    retention,
    doomed: isPart && known !== null ? known.doomed : doomedAt(plan, name, content),
  };
}

/** Deletions at a mirror that guards hold back until somebody says yes. */
function heldBy(
  plan: Plan,
  mirror: string,
  codes: ReadonlySet<string>,
): { readonly domains: ReadonlySet<string>; readonly chains: ReadonlySet<string> } {
  const ids = new Set(
    plan.guards.flatMap(({ code, effect, actions }) =>
      codes.has(code) && effect === 'block' ? actions : [],
    ),
  );
  const held = plan.actions.flatMap((action) =>
    action.kind === 'hide-copies' && action.mirror.name === mirror && ids.has(action.id)
      ? [action]
      : [],
  );
  return {
    domains: new Set(held.map(({ domain }) => domain.uuid)),
    chains: new Set(held.map(({ domain, chain }) => `${domain.uuid}/${chain}`)),
  };
}

/** The plan's doomed copies that are there, but for those that wait for a yes. */
function doomedAt(
  plan: Plan,
  mirror: string,
  { directories }: ObservedMirrorContent,
): Readonly<Record<string, readonly ChainId[]>> {
  const waiting = heldBy(plan, mirror, new Set(['G201', 'G210'])).chains;
  const doomed: Record<string, readonly ChainId[]> = {};
  for (const { uuid, chains } of directories) {
    const there = new Set(chains.map(({ id }) => id));
    const own = (plan.doomedCopies?.[mirror]?.[uuid] ?? []).filter(
      (chain) => there.has(chain) && !waiting.has(`${uuid}/${chain}`),
    );
    if (own.length > 0) doomed[uuid] = own;
  }
  return doomed;
}
