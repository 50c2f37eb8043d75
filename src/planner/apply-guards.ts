import type { Action } from '../model/action.ts';
import type { Guard } from '../model/plan.ts';
import { approvalOf, isLifted } from './allowances.ts';
import { g101Source } from './guards/g101-source.ts';
import { g104Host } from './guards/g104-host.ts';
import { g105EmptyPolicy } from './guards/g105-empty-policy.ts';
import { g151Unseen } from './guards/g151-unseen.ts';
import { g152StoreIdentity } from './guards/g152-store-identity.ts';
import { g153VanishedCopies } from './guards/g153-vanished-copies.ts';
import { g153Vanished } from './guards/g153-vanished.ts';
import { g154Clock } from './guards/g154-clock.ts';
import { g201CopiesRate } from './guards/g201-copies-rate.ts';
import { g201DeletionRate } from './guards/g201-deletion-rate.ts';
import { g202Floor } from './guards/g202-floor.ts';
import { g205Hold } from './guards/g205-hold.ts';
import { g207OnlyCopy } from './guards/g207-only-copy.ts';
import { g210CopiesReduced, g210RetentionReduced } from './guards/g210-retention-reduced.ts';
import { g211Renamed } from './guards/g211-renamed.ts';
import { g213InUse } from './guards/g213-in-use.ts';
import { g404Breaker } from './guards/g404-breaker.ts';
import { g405Mode } from './guards/g405-mode.ts';
import { g406Suspended } from './guards/g406-suspended.ts';
import { g407Space } from './guards/g407-space.ts';
import { g410DrillMemory } from './guards/g410-drill-memory.ts';
import {
  finding,
  hiddenCopies,
  trashChains,
  type GuardContext,
  type GuardRule,
} from './guards/guard-context.ts';
import { plaintextBackup } from './guards/plaintext-backup.ts';
import { byText, grouped } from './order.ts';
import type { Planning } from './planning.ts';

const rules: readonly GuardRule[] = [
  g101Source,
  g104Host,
  g105EmptyPolicy,
  g151Unseen,
  g152StoreIdentity,
  g153Vanished,
  g153VanishedCopies,
  g154Clock,
  g201DeletionRate,
  g201CopiesRate,
  g202Floor,
  g205Hold,
  g207OnlyCopy,
  g210RetentionReduced,
  g210CopiesReduced,
  g211Renamed,
  g213InUse,
  g404Breaker,
  g405Mode,
  g406Suspended,
  g407Space,
  g410DrillMemory,
  plaintextBackup,
];

/** A plan's actions with the guards that speak of them. */
export interface Guarded {
  readonly actions: readonly Action[];
  readonly guards: readonly Guard[];
}

/**
 * Asks every guard, lifts what was allowed by name, and writes into each
 * action what blocks it. What depends on a blocked action is blocked with it.
 * Guards are by code and scope.
 */
export function applyGuards(context: GuardContext): Guarded {
  const { planning } = context;
  const { request } = planning;
  const byId = new Map(context.actions.map((action) => [action.id, action]));
  const found = rules
    .flatMap((rule) => rule(context))
    .map((guard) => judged(guard, planning, byId))
    .toSorted((a, b) => byText(a.code, b.code) || byText(a.scope, b.scope));
  const blocked = blockedActions(context.actions, found);
  const later = request.unattended ? laterDeletions(blocked) : [];
  const withLater = later.length === 0 ? blocked : blockedActions(blocked, later);
  const waiting = dependants(withLater);
  return {
    actions: waiting.length === 0 ? withLater : blockedActions(withLater, waiting),
    guards: [...found, ...later, ...waiting].filter(({ code }) => code !== 'dependency'),
  };
}

function judged(guard: Guard, planning: Planning, byId: ReadonlyMap<string, Action>): Guard {
  const { code, scope, actions: ids } = guard;
  const actions = ids.flatMap((id) => byId.get(id) ?? []);
  if (!guard.overridable || !isLifted(planning, { code, scope, actions })) return guard;
  const approval = approvalOf(planning, { code, scope, actions });
  if (approval === null) return { ...guard, effect: 'allowed' };
  const { id, by, until } = approval;
  return { ...guard, effect: 'allowed', approved: { id, by, until } };
}

function blockedActions(actions: readonly Action[], guards: readonly Guard[]): readonly Action[] {
  const codes = new Map<string, Set<string>>();
  for (const { code, effect, actions: ids } of guards) {
    if (effect === 'allowed') continue;
    for (const id of ids) {
      const known = codes.get(id);
      if (known === undefined) codes.set(id, new Set([code]));
      else known.add(code);
    }
  }
  if (codes.size === 0) return actions;
  return actions.map((action) => {
    const own = codes.get(action.id);
    if (own === undefined) return action;
    return { ...action, blockedBy: [...new Set([...action.blockedBy, ...own])].toSorted(byText) };
  });
}

/** Deletions of one loop of the agent: what is more comes with the next ones, so that somebody can still step in. */
const deletionsALoop = 2;

function laterDeletions(actions: readonly Action[]): readonly Guard[] {
  const hidden = grouped(hiddenCopies(actions), ({ mirror }) => `mirror/${mirror.name}`);
  return [
    ...laterOf('host', trashChains(actions)),
    ...[...hidden].flatMap(([scope, own]) => laterOf(scope, own)),
  ];
}

function laterOf(scope: string, deletions: readonly Action[]): readonly Guard[] {
  const free = deletions.filter(({ blockedBy }) => blockedBy.length === 0);
  if (free.length <= deletionsALoop) return [];
  return [
    finding({
      code: 'G201',
      scope,
      effect: 'withhold',
      overridable: false,
      actions: free.slice(deletionsALoop),
      facts: { how: 'later', chains: free.length, limit: deletionsALoop },
    }),
  ];
}

/**
 * Actions that need a blocked one: a deletion whose backup does not come
 * (G208), a backup whose store is not made. `dependency` marks the latter in
 * the action alone: the guard that caused it has spoken.
 */
function dependants(actions: readonly Action[]): readonly Guard[] {
  const stopped = new Set(
    actions.flatMap(({ id, blockedBy }) => (blockedBy.length > 0 ? [id] : [])),
  );
  const waiting: Action[] = [];
  // Actions come after what they depend on, so one pass finds whole chains of them.
  for (const action of actions) {
    if (stopped.has(action.id) || !action.dependsOn.some((id) => stopped.has(id))) continue;
    stopped.add(action.id);
    waiting.push(action);
  }
  const deletions = [...trashChains(waiting), ...hiddenCopies(waiting)];
  const others = waiting.filter(({ kind }) => kind !== 'trash-chain' && kind !== 'hide-copies');
  return [
    ...[...grouped(deletions, ({ address }) => domainScope(address))].map(([scope, own]) =>
      finding({
        code: 'G208',
        scope,
        effect: 'withhold',
        overridable: false,
        actions: own,
        facts: {},
      }),
    ),
    ...(others.length === 0
      ? []
      : [
          finding({
            code: 'dependency',
            scope: 'host',
            effect: 'withhold',
            overridable: false,
            actions: others,
            facts: {},
          }),
        ]),
  ];
}

const domainScope = (address: string): string => address.split('/').slice(0, 2).join('/');
