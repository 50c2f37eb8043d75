import type { Action } from '../../model/action.ts';
import type { Backup } from '../../model/backup-action.ts';
import { millisecondsOf, type Instant } from '../../model/instant.ts';
import type { StoreMemory } from '../../model/observed-store.ts';
import { runnableActions, type Plan, type Request } from '../../model/plan.ts';
import type { PurgeTrash } from '../../model/store-action.ts';
import { memoryOf } from '../../planner/memory.ts';
import { planPolicy } from '../../planner/plan-policy.ts';
import { applyActions } from './apply-actions.ts';
import { copyEvents, type CopyEvent } from './copy-events.ts';
import type { ForecastEvent } from './forecast-event.ts';
import type { SizeModel } from './sizes.ts';
import { worldAt, type World } from './world.ts';

/** A guard that spoke of deletions at a step. */
export interface GuardEvent {
  readonly atMs: number;
  readonly code: string;
  readonly scope: string;
  /** allowed: somebody is taken to have said yes. blocked: nothing lifts it, and the chains stay. */
  readonly effect: 'allowed' | 'blocked';
  readonly chains: number;
}

/** What one plan and its apply did. */
export interface Step {
  readonly world: World;
  readonly plan: Plan;
  readonly events: readonly ForecastEvent[];
  /** What happened at mirrors. */
  readonly copies: readonly CopyEvent[];
  readonly guards: readonly GuardEvent[];
}

/**
 * Guards that ask whether much is meant to go at once. Whoever simulates a
 * policy means it, so their answer is yes, and it is told.
 */
const asked: ReadonlySet<string> = new Set(['G201', 'G210']);

const nothing: Request = { targets: null, now: [], allow: [], unattended: false };

/** Plans a world at an instant, applies the plan, and remembers it as an apply does. */
export function stepWorld(before: World, at: Instant, sizes: SizeModel): Step {
  const world = worldAt(before, at);
  const plan = planWithYes(world);
  const actions = runnableActions(plan);
  const applied = applyActions(world.observed, actions, sizes);
  const memories = memoryOf(plan, world.desired, applied, null);
  const observed = {
    ...applied,
    stores: applied.stores.map((store) =>
      store.state.kind === 'ready'
        ? { ...store, state: { ...store.state, memory: withoutLooks(memories[store.name]) } }
        : store,
    ),
  };
  const after = { ...world, observed };
  const atMs = millisecondsOf(at);
  return {
    world: after,
    plan,
    events: actions.flatMap((action) => eventOf(action, after, atMs)),
    copies: actions.flatMap((action) => copyEvents(action, observed, atMs)),
    guards: guardEvents(plan, atMs),
  };
}

// Space is not modelled here, and a list of looks that grows would hide that a state comes again.
function withoutLooks(memory: StoreMemory | undefined): StoreMemory | null {
  if (memory === undefined) return null;
  const { space: _looks, ...rest } = memory;
  return rest;
}

function planWithYes({ desired, observed }: World): Plan {
  const plan = planPolicy(desired, observed, nothing);
  const allow = plan.guards
    .filter(({ code, effect, overridable }) => asked.has(code) && effect === 'block' && overridable)
    .map(({ code, scope }) => ({ code, scope }));
  return allow.length === 0 ? plan : planPolicy(desired, observed, { ...nothing, allow });
}

function eventOf(action: Action, { observed }: World, atMs: number): readonly ForecastEvent[] {
  switch (action.kind) {
    case 'backup': {
      const { domain, store, level, reasons } = action;
      return [
        {
          kind: 'backup',
          atMs,
          uuid: domain.uuid,
          store: store.name,
          level,
          bytes: bytesOf(action, observed),
          why: reasons.map(({ code }) => code),
        },
      ];
    }
    case 'trash-chain':
      return [{ kind: 'trash', atMs, ...chainOf(action), points: action.points.length }];
    case 'purge-trash':
      return [purgeEvent(action, atMs)];
    default:
      return [];
  }
}

/** A chain that is removed for good; its points were counted when it went to the trash. */
export function purgeEvent(action: PurgeTrash, atMs: number): ForecastEvent {
  return { kind: 'purge', atMs, ...chainOf(action), points: 0 };
}

function chainOf(action: Extract<Action, { readonly kind: 'trash-chain' | 'purge-trash' }>) {
  const { domain, store, chain, bytes } = action;
  return { uuid: domain.uuid, store: store.name, chain, bytes: bytes ?? 0 };
}

/** The modelled size of the point that a backup published. */
function bytesOf({ domain, store, chain, point }: Backup, { stores }: World['observed']): number {
  const state = stores.find(({ name }) => name === store.name)?.state;
  const chains =
    state?.kind === 'ready'
      ? (state.directories.find(({ uuid }) => uuid === domain.uuid)?.chains ?? [])
      : [];
  return (
    chains.find(({ id }) => id === chain)?.points.findLast(({ id }) => id === point)?.bytes ?? 0
  );
}

function guardEvents({ guards, actions }: Plan, atMs: number): readonly GuardEvent[] {
  const deletions = new Set(
    actions.flatMap(({ kind, id }) =>
      kind === 'trash-chain' || kind === 'hide-copies' ? [id] : [],
    ),
  );
  return guards.flatMap(({ code, scope, effect, actions: ids }): readonly GuardEvent[] => {
    const chains = ids.filter((id) => deletions.has(id)).length;
    if (chains === 0) return [];
    return [{ atMs, code, scope, effect: effect === 'allowed' ? 'allowed' : 'blocked', chains }];
  });
}
