import type { Action, Reason } from '../model/action.ts';
import type { PointToVerify, VerifyPoints } from '../model/check-action.ts';
import type { DomainUuid } from '../model/identity.ts';
import { addSeconds, instantOf, type Instant } from '../model/instant.ts';
import type { ObservedChain, ObservedPoint } from '../model/observed-store.ts';
import type { Note } from '../model/plan.ts';
import {
  defaultVerifyBudget,
  depths,
  type Depth,
  type Verification,
} from '../model/verification.ts';
import { placeOfPoint } from './chains-beside.ts';
import { chainKey } from './heals.ts';
import { note } from './note.ts';
import { byText, grouped } from './order.ts';
import type { DomainSituation, Planning, StoreSituation } from './planning.ts';

/** What is checked by this plan, and what has to wait for another day. */
export interface PlannedChecks {
  readonly actions: readonly VerifyPoints[];
  readonly notes: readonly Note[];
  /** When the next point of a domain is due after this plan. */
  readonly nextAt: ReadonlyMap<DomainUuid, Instant>;
}

/** A point that is due. */
interface DuePoint extends PointToVerify {
  readonly domain: DomainSituation;
  readonly at: Instant;
}

const daySeconds = 86_400;

// An image's tables, all that its structure is: 8 bytes of L2 and 2 of refcount for
// each cluster of 64 KiB, a six-thousandth of what it holds.
const structureShare = 4096;

/**
 * Points that are due for a check, the most urgent first, as many as the store's
 * budget of 24 hours allows: what was read in the last 24 hours is known by the
 * notes of the checks, so that a plan after this one checks nothing twice (I3).
 * `going`: keys of chains that this plan moves to the trash.
 */
export function plannedChecks(planning: Planning, going: ReadonlySet<string>): PlannedChecks {
  const actions: VerifyPoints[] = [];
  const notes: Note[] = [];
  const nextAt = new Map<DomainUuid, Instant>();
  for (const store of planning.stores) {
    if (store.ready === null || store.ref === null || store.trouble !== null) continue;
    const domains = planning.domains.filter(
      (domain) => domain.store === store && domain.desired?.verification !== undefined,
    );
    if (domains.length === 0) continue;
    const due = domains.flatMap((domain) => duePoints(planning, store, domain, going, nextAt));
    const ranked = due.toSorted(byRank);
    const count = withinBudget(planning, store, ranked);
    for (const [domain, points] of grouped(ranked.slice(0, count), (point) => point.domain)) {
      actions.push(checkOf(store, domain, points));
    }
    const later = ranked.slice(count);
    if (later.length === 0) continue;
    for (const { domain } of later) nextAt.set(domain.uuid, planning.asOf);
    const days = Math.ceil(sum(later) / budgetOf(store));
    const facts = { points: later.length, bytes: sum(later), days };
    notes.push(note('info', `store/${store.name}`, 'checks-later', facts, store.desired.place));
  }
  return { actions, notes, nextAt };
}

const sum = (points: readonly DuePoint[]): number =>
  points.reduce((total, { bytes }) => total + bytes, 0);

function budgetOf({ desired }: StoreSituation): number {
  const { rateBytesPerSecond, secondsPerDay } = desired.verifyBudget ?? defaultVerifyBudget;
  return rateBytesPerSecond * secondsPerDay;
}

/** The points of a domain that are due; notes when the next of the others will be. */
function duePoints(
  planning: Planning,
  store: StoreSituation,
  domain: DomainSituation,
  going: ReadonlySet<string>,
  nextAt: Map<DomainUuid, Instant>,
): readonly DuePoint[] {
  const { directory, desired, targeted, uuid } = domain;
  const verification = desired?.verification;
  if (directory === null || verification === undefined) return [];
  const due: DuePoint[] = [];
  for (const chain of directory.chains) {
    if (going.has(chainKey(store.name, directory.directory, chain.id))) continue;
    for (const point of chain.points) {
      // What is faulty is not checked until it is healed, and what came after this plan is the next one's.
      if (point.fault !== undefined || cameSince(planning, point)) continue;
      const checkedAt = lastChecked(planning, point, verification.depth);
      const dueAt = dueInstant(planning, checkedAt, verification);
      const isDue = dueAt <= planning.asOf;
      earliest(nextAt, uuid, isDue ? addSeconds(planning.asOf, verification.everySeconds) : dueAt);
      if (!isDue || !targeted) continue;
      const { id, sequence, at } = point;
      due.push({
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
  return due;
}

/** Taken after this plan's instant, and seen by a closing look; what is dated later still was there under a wrong clock (G154). */
function cameSince({ asOf, observedMs }: Planning, { at }: ObservedPoint): boolean {
  return at >= asOf && at <= instantOf(observedMs);
}

function earliest(nextAt: Map<DomainUuid, Instant>, uuid: DomainUuid, at: Instant): void {
  const known = nextAt.get(uuid);
  if (known === undefined || at < known) nextAt.set(uuid, at);
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

/** Of two checks of a plan the one whose first point is the more urgent; 0 for any other actions. */
export function byUrgency(a: Action, b: Action): number {
  if (a.kind !== 'verify-points' || b.kind !== 'verify-points') return 0;
  const [first, second] = [a.points[0], b.points[0]];
  if (first === undefined || second === undefined) return 0;
  if (first.checkedAt === null || second.checkedAt === null) {
    if (first.checkedAt !== second.checkedAt) return first.checkedAt === null ? -1 : 1;
    // A point's id begins with the instant of its plan.
    return byText(second.id, first.id);
  }
  return byText(first.checkedAt, second.checkedAt);
}

/** How many of the first the rest of the budget allows; a day's very first in any case, or it never would be. */
function withinBudget(
  planning: Planning,
  store: StoreSituation,
  ranked: readonly DuePoint[],
): number {
  let spent = spentBytes(planning, store);
  const budget = budgetOf(store);
  const end = ranked.findIndex(({ bytes }) => {
    const isOver = spent > 0 && spent + bytes > budget;
    spent += bytes;
    return isOver;
  });
  return end === -1 ? ranked.length : end;
}

/** What checks have read in the 24 hours before the plan, and, in a closing look, since. */
function spentBytes({ asOf, observedMs }: Planning, { ready }: StoreSituation): number {
  const from = addSeconds(asOf, -daySeconds);
  const until = instantOf(observedMs);
  // What is dated later was read under a wrong clock, and would eat the budget of all days until then.
  const isSpent = (at: Instant | undefined): boolean =>
    at !== undefined && at > from && at <= until;
  let spent = 0;
  for (const { chains } of ready?.directories ?? []) {
    for (const chain of chains) {
      for (const point of chain.points) {
        const { checked } = point;
        const deepest = depths.findLast((depth) => isSpent(checked?.[depth]));
        if (deepest !== undefined) spent += costOf(chain, point, deepest);
      }
    }
  }
  return spent;
}

function checkOf(
  store: StoreSituation,
  { uuid, name, address, desired, directory }: DomainSituation,
  points: readonly DuePoint[],
): VerifyPoints {
  const verification = desired?.verification;
  if (store.ref === null || directory === null || verification === undefined) {
    throw new Error(`${name} has no points to check`);
  }
  return {
    kind: 'verify-points',
    id: `verify-points:${store.name}:${uuid}`,
    wave: 50,
    address,
    dependsOn: [],
    reasons: checkReasons(points, verification),
    place: desired?.place ?? null,
    blockedBy: [],
    bytes: sum(points),
    domain: { uuid, name },
    store: store.ref,
    directory: directory.directory,
    depth: verification.depth,
    points: points.map(({ chain, id, directory: place, sequence, bytes, checkedAt }) => {
      return { chain, id, directory: place, sequence, bytes, checkedAt };
    }),
    rateBytesPerSecond: (store.desired.verifyBudget ?? defaultVerifyBudget).rateBytesPerSecond,
  };
}

function checkReasons(
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
