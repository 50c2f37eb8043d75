import type { Action } from '../model/action.ts';
import { orderedActions } from './action-order.ts';
import { applyGuards, type Guarded } from './apply-guards.ts';
import type { GuardContext } from './guards/guard-context.ts';
import { byText } from './order.ts';
import {
  fitting,
  isPurge,
  neededBytes,
  scopeOf,
  spacePlaces,
  writersAt,
  type Purge,
  type SpacePlace,
} from './space.ts';

/**
 * The guards' word on a plan, with the purges that are due moved before what
 * they make room for. Nothing is purged that would not have been, and only as
 * much of it is moved as is needed, the oldest first.
 */
export function guardedWithRoom(context: GuardContext): Guarded {
  const first = applyGuards(context);
  const short = new Set(
    first.guards.flatMap(({ code, scope, effect }) =>
      code === 'G407' && effect === 'block' ? [scope] : [],
    ),
  );
  if (short.size === 0) return first;
  const free = new Set(
    first.actions.flatMap(({ id, blockedBy }) => (blockedBy.length === 0 ? [id] : [])),
  );
  const moved = spacePlaces(context.planning)
    .filter(({ scope }) => short.has(scope))
    .reduce((actions, place) => withRoom(actions, place, free), context.actions);
  if (moved === context.actions) return first;
  return applyGuards({ ...context, actions: orderedActions(moved, context.decisions) });
}

/** The actions with the purges of one place that something waits for before it. */
function withRoom(
  actions: readonly Action[],
  { scope, freeBytes, reserveBytes }: SpacePlace,
  free: ReadonlySet<string>,
): readonly Action[] {
  const writers = writersAt(actions, scope);
  const due = actions
    .filter((action): action is Purge => isPurge(action) && scopeOf(action) === scope)
    .filter(({ id }) => free.has(id))
    .toSorted((a, b) => byText(trashedAt(a), trashedAt(b)) || byText(a.id, b.id));
  const room = freeBytes - reserveBytes;
  const before = fitting(writers, room);
  const needed = leastPurges(due, writers, room);
  if (needed.length === 0) return actions;
  const shortBytes = writers.reduce((sum, one) => sum + neededBytes(one), 0) - room;
  const fits = fitting(writers, room + bytesOf(needed));
  const chained = inChain(needed, shortBytes);
  const last = chained.at(-1);
  if (last === undefined) return actions;
  const byId = new Map(chained.map((purge) => [purge.id, purge]));
  return actions.map((action) => {
    if (isPurge(action)) return byId.get(action.id) ?? action;
    if (!fits.has(action) || before.has(action)) return action;
    return { ...action, dependsOn: [...action.dependsOn, last.id] };
  });
}

const trashedAt = ({ reasons }: Purge): string => String(reasons[0]?.facts?.['trashedAt'] ?? '');

const bytesOf = (purges: readonly Purge[]): number =>
  purges.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);

/** As few of them, the oldest first, as let everything fit that all of them would; none if that is nothing more. */
function leastPurges(
  due: readonly Purge[],
  writers: readonly Action[],
  room: number,
): readonly Purge[] {
  const most = fitting(writers, room + bytesOf(due)).size;
  const count = [...due.keys(), due.length].find(
    (some) => fitting(writers, room + bytesOf(due.slice(0, some))).size >= most,
  );
  return due.slice(0, count ?? 0);
}

/** One after the other, before what is written: a removal that fails stops those behind it. */
function inChain(purges: readonly Purge[], shortBytes: number): readonly Purge[] {
  let before: string | null = null;
  return purges
    .toSorted((a, b) => byText(a.address, b.address) || byText(a.id, b.id))
    .map((purge): Purge => {
      const dependsOn = before === null ? purge.dependsOn : [...purge.dependsOn, before];
      const wave = purge.kind === 'purge-trash' ? 20 : 30;
      const reasons = [...purge.reasons, { code: 'makes-room', facts: { shortBytes } }];
      before = purge.id;
      return { ...purge, wave, dependsOn, reasons };
    });
}
