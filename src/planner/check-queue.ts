import type { Action } from '../model/action.ts';
import type { PointToVerify } from '../model/check-action.ts';
import { addSeconds, instantOf, type Instant } from '../model/instant.ts';
import type { ObservedChain, ObservedPoint } from '../model/observed-store.ts';
import type { Note } from '../model/plan.ts';
import type { Reason } from '../model/reason.ts';
import { depths, type Depth, type Verification, type VerifyBudget } from '../model/verification.ts';
import { placeOfPoint } from './chains-beside.ts';
import { note } from './note.ts';
import { byText } from './order.ts';
import type { DomainSituation, Planning } from './planning.ts';

/** A point, or a copy of one, that is due for a check. */
export interface DuePoint extends PointToVerify {
  readonly domain: DomainSituation;
  readonly at: Instant;
}

/** What of some chains is due, and when the next of the others will be; null when none will. */
export interface Due {
  readonly points: readonly DuePoint[];
  readonly nextAt: Instant | null;
}

const daySeconds = 86_400;

// An image's tables, all that its structure is: 8 bytes of L2 and 2 of refcount for
// each cluster of 64 KiB, a six-thousandth of what it holds.
const structureShare = 4096;

/** The valid points of chains, all of one domain and in one place, that are due. */
export function dueOf(
  planning: Planning,
  domain: DomainSituation,
  chains: readonly ObservedChain[],
  verification: Verification,
): Due {
  const points: DuePoint[] = [];
  let nextAt: Instant | null = null;
  for (const chain of chains) {
    for (const point of chain.points) {
      // What is faulty is not checked until it is healed, and what came after this plan is the next one's.
      if (point.fault !== undefined || cameSince(planning, point)) continue;
      const checkedAt = lastChecked(planning, point, verification.depth);
      const dueAt = dueInstant(planning, checkedAt, verification);
      const isDue = dueAt <= planning.asOf;
      nextAt = earlier(
        nextAt,
        isDue ? addSeconds(planning.asOf, verification.everySeconds) : dueAt,
      );
      if (!isDue || !domain.targeted) continue;
      const { id, sequence, at } = point;
      points.push({
        domain,
        at,
        chain: chain.id,
        id,
        directory: placeOfPoint(point),
        sequence,
        bytes: costOf(chain, point, verification.depth),
        checkedAt,
      });
    }
  }
  return { points, nextAt };
}

/** The earlier of two instants, of which one may be missing. */
export function earlier(a: Instant | null | undefined, b: Instant | null): Instant | null {
  if (a === null || a === undefined) return b;
  return b === null || a <= b ? a : b;
}

/** Taken after this plan's instant, and seen by a closing look; what is dated later still was there under a wrong clock (G154). */
function cameSince({ asOf, observedMs }: Planning, { at }: ObservedPoint): boolean {
  return at >= asOf && at <= instantOf(observedMs);
}

/** A note that is dated later than the observation proves nothing (G154). */
function lastChecked(
  { observedMs }: Planning,
  { checked }: ObservedPoint,
  depth: Depth,
): Instant | null {
  const at = checked?.[depth];
  return at === undefined || at > instantOf(observedMs) ? null : at;
}

function dueInstant(
  { asOf }: Planning,
  checkedAt: Instant | null,
  { everySeconds }: Verification,
): Instant {
  return checkedAt === null ? asOf : addSeconds(checkedAt, everySeconds);
}

/** What is read for a check. */
function costOf({ points }: ObservedChain, point: ObservedPoint, depth: Depth): number {
  const { bytes, sequence } = point;
  if (depth === 'structure') return Math.ceil(bytes / structureShare);
  if (depth === 'hash') return bytes;
  // Once by itself, and once more with all that it stands on.
  return points.reduce((total, one) => total + (one.sequence <= sequence ? one.bytes : 0), bytes);
}

/** What is read for checks of points, together. */
export const bytesOf = (points: readonly DuePoint[]): number =>
  points.reduce((total, { bytes }) => total + bytes, 0);

/** What checks may read in any 24 hours. */
const dayBytes = ({ rateBytesPerSecond, secondsPerDay }: VerifyBudget): number =>
  rateBytesPerSecond * secondsPerDay;

/**
 * What of the due is checked by this plan, the most urgent first, and what has to wait for another day.
 * `spent`: what was read in the last 24 hours. A day's very first is checked in any case, or it never would be.
 */
export function withinBudget(
  due: readonly DuePoint[],
  budget: VerifyBudget,
  spent: number,
): { readonly now: readonly DuePoint[]; readonly later: readonly DuePoint[] } {
  const ranked = due.toSorted(byRank);
  let total = spent;
  const end = ranked.findIndex(({ bytes }) => {
    const isOver = total > 0 && total + bytes > dayBytes(budget);
    total += bytes;
    return isOver;
  });
  const count = end === -1 ? ranked.length : end;
  return { now: ranked.slice(0, count), later: ranked.slice(count) };
}

/** Says that points of a store or mirror have to wait, and how many days it takes to read them all. */
export function laterNote(
  address: string,
  later: readonly DuePoint[],
  budget: VerifyBudget,
  place: Note['place'],
): Note {
  const bytes = bytesOf(later);
  const facts = { points: later.length, bytes, days: Math.ceil(bytes / dayBytes(budget)) };
  return note('info', address, 'checks-later', facts, place);
}

/**
 * Never checked before checked, of those the newest first: it is what a restore
 * would take. Of what was checked before, the longest ago first: the newest again
 * and again would never let the old ones have their turn.
 */
function byRank(a: DuePoint, b: DuePoint): number {
  if (a.checkedAt === null && b.checkedAt === null) return byText(b.at, a.at) || byPlace(a, b);
  if (a.checkedAt === null || b.checkedAt === null) return a.checkedAt === null ? -1 : 1;
  return byText(a.checkedAt, b.checkedAt) || byText(b.at, a.at) || byPlace(a, b);
}

const byPlace = (a: DuePoint, b: DuePoint): number =>
  byText(a.domain.address, b.domain.address) ||
  byText(a.domain.uuid, b.domain.uuid) ||
  byText(a.chain, b.chain) ||
  a.sequence - b.sequence;

const checkKinds: ReadonlySet<Action['kind']> = new Set(['verify-points', 'verify-copies']);

/** Of two checks of a plan the one whose first point is the more urgent; 0 for any other actions. */
export function byUrgency(a: Action, b: Action): number {
  if (a.kind !== b.kind || !checkKinds.has(a.kind)) return 0;
  const [first, second] = [firstOf(a), firstOf(b)];
  if (first === null || second === null) return 0;
  if (first.checkedAt === null || second.checkedAt === null) {
    if (first.checkedAt !== second.checkedAt) return first.checkedAt === null ? -1 : 1;
    // A point's id begins with the instant of its plan.
    return byText(second.id, first.id);
  }
  return byText(first.checkedAt, second.checkedAt);
}

function firstOf(action: Action): PointToVerify | null {
  if (action.kind !== 'verify-points' && action.kind !== 'verify-copies') return null;
  return action.points[0] ?? null;
}

/** What checks have read of some chains in the 24 hours before the plan, and, in a closing look, since. */
export function spentBytes(
  { asOf, observedMs }: Planning,
  chains: readonly ObservedChain[],
): number {
  const from = addSeconds(asOf, -daySeconds);
  const until = instantOf(observedMs);
  // What is dated later was read under a wrong clock, and would eat the budget of all days until then.
  const isSpent = (at: Instant | undefined): boolean =>
    at !== undefined && at > from && at <= until;
  let spent = 0;
  for (const chain of chains) {
    for (const point of chain.points) {
      const { checked } = point;
      const deepest = depths.findLast((depth) => isSpent(checked?.[depth]));
      if (deepest !== undefined) spent += costOf(chain, point, deepest);
    }
  }
  return spent;
}

/** The points of an action, in the order in which they are checked. */
export function pointsOf(points: readonly DuePoint[]): readonly PointToVerify[] {
  return points.map(({ chain, id, directory, sequence, bytes, checkedAt }) => {
    return { chain, id, directory, sequence, bytes, checkedAt };
  });
}

/** Why points are checked: they never were, or too long ago. */
export function checkReasons(
  points: readonly DuePoint[],
  { everySeconds }: Verification,
): readonly Reason[] {
  const never = points.filter(({ checkedAt }) => checkedAt === null).length;
  const checkedAt = points.reduce<Instant | null>(
    (oldest, { checkedAt: at }) => (at !== null && (oldest === null || at < oldest) ? at : oldest),
    null,
  );
  return [
    ...(never === 0 ? [] : [{ code: 'never-checked', facts: { points: never } }]),
    ...(checkedAt === null
      ? []
      : [
          {
            code: 'check-due',
            facts: { points: points.length - never, checkedAt, everySeconds },
          },
        ]),
  ];
}
