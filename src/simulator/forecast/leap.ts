import type { Backup } from '../../model/backup-action.ts';
import type { DesiredDomain } from '../../model/desired.ts';
import { checkpointOf, pointDirectory, pointId, type StoreId } from '../../model/identity.ts';
import { compactInstant, instantOf, millisecondsOf, type Instant } from '../../model/instant.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  ObservedPoint,
} from '../../model/observed-store.ts';
import { newChainCause } from '../../planner/chain-cause.ts';
import { retentionOutcome } from '../../planner/deletions.ts';
import { planningOf } from '../../planner/planning-of.ts';
import { judge } from '../../planner/retention.ts';
import { nextDueAt } from '../../schedule/due.ts';
import { withCheckpoint, withoutCheckpoints } from './apply-actions.ts';
import type { CopyEvent } from './copy-events.ts';
import type { ForecastEvent } from './forecast-event.ts';
import { copiesAt, decisionOf, isQuietAt, mayLeap, withPoints } from './leap-mirrors.ts';
import { pointBytes, type SizeModel } from './sizes.ts';
import type { Step } from './step.ts';
import { newestMs, readyStores, withDomain, withStore, worldAt, type World } from './world.ts';

/** Goes over stretches in which nothing but the next increment happens. */
export interface Leaper {
  /** Learns from a step that was planned in full. */
  saw(step: Step): void;
  /** The world after a stretch that begins at an instant at which a point is due and ends before another; null: plan that one. */
  leap(world: World, dueMs: number, untilMs: number): Leap | null;
}

/** What a stretch comes to. */
export interface Leap {
  readonly world: World;
  readonly events: readonly ForecastEvent[];
  readonly copies: readonly CopyEvent[];
}

// More dates at once save nothing: the default chain has 30 points.
const mostDates = 64;

/**
 * A leaper for a world of one managed domain; for another it never leaps.
 *
 * Two questions decide a routine night: does a new chain begin (`newChainCause`),
 * and does retention let go of anything (`judge`)? Both are the planner's own
 * functions, and both answers can only turn from no to yes while increments are
 * added to the live chain: its length and age grow, and every rule counts from
 * the newest point, so that what is old only loses its marks. So if neither
 * happens at the n-th date, neither happened at an earlier one, and the first
 * date at which one does is found by halving, and planned in full. Of the last
 * date before it `retentionOutcome` tells what that plan doomed, for an apply
 * remembers it, and the next plan asks (G201).
 * `test/simulator/forecast-leap.test.ts` proves the claim against plans at every instant.
 */
export function newLeaper(start: World, sizes: SizeModel): Leaper {
  const [desired, ...more] = start.desired.domains;
  let increment: Backup | null = null;
  let blocked: ReadonlySet<string> = new Set();
  // Points in the live chain at the end of the last stretch: the next one often ends there too.
  let lastEnd = 0;
  if (desired === undefined || more.length > 0) return { saw: () => {}, leap: () => null };
  return {
    saw: ({ plan }) => {
      blocked = new Set(
        plan.actions.flatMap((action) =>
          action.kind === 'trash-chain' && action.blockedBy.length > 0 ? [action.chain] : [],
        ),
      );
      const backup = plan.actions.find(({ kind }) => kind === 'backup');
      if (backup?.kind === 'backup' && backup.level === 'increment') increment = backup;
    },
    leap: (world, dueMs, untilMs) => {
      const place = placeOf(world, desired);
      if (increment === null || place === null || awaitsRemoval(world, place)) return null;
      if (!mayLeap(world, desired)) return null;
      const given = { ...place, increment };
      const stretch = newStretch(world, desired, given, { dueMs, untilMs, sizes });
      const before = place.live.points.length;
      const known = { blocked, guess: lastEnd - before };
      const length = quietLength(stretch, world, desired, known);
      if (length < 1) return null;
      lastEnd = before + length;
      return remembered(leaped(world, desired, stretch, length), world, desired, stretch, length);
    },
  };
}

interface Place {
  readonly store: { readonly name: string; readonly id: StoreId };
  readonly directory: ObservedDirectory;
  readonly live: ObservedChain;
}

/** Where the next increment goes; null if the domain is off, or the next point may be a full. */
function placeOf({ observed }: World, { uuid, store: name }: DesiredDomain): Place | null {
  const domain = observed.hypervisor.seen
    ? observed.hypervisor.value.domains.find((one) => one.uuid === uuid)
    : undefined;
  const state = readyStores(observed).find((store) => store.name === name)?.state;
  const directory = state?.directories.find((one) => one.uuid === uuid);
  const tip = directory?.tip ?? null;
  const live = directory?.chains.find(({ id }) => id === tip?.chain);
  if (state === undefined || directory === undefined || tip === null || live === undefined)
    return null;
  if (live.points.at(-1)?.id !== tip.point || tip.checkpoint === null) return null;
  if (domain === undefined || domain.state === 'off' || !domain.checkpoints.seen) return null;
  // Others than the newest point's own are repaired first.
  if (domain.checkpoints.value.some((one) => one.name !== tip.checkpoint)) return null;
  return { store: { name, id: state.id }, directory, live };
}

/** Whether a `removed:` names a chain that is still there: its floor may be reached with any point (G202). */
function awaitsRemoval({ desired }: World, { directory: { uuid, chains } }: Place): boolean {
  return desired.removed.some(
    (removed) => removed.uuid === uuid && chains.some(({ id }) => id === removed.chain),
  );
}

/** The increments that may come, in order, and the dates at which they are due. */
interface Stretch extends Place {
  /** What the last increment that was planned in full was like. */
  readonly increment: Backup;
  readonly points: readonly ObservedPoint[];
}

function newStretch(
  { observed }: World,
  { uuid, schedule, retention }: DesiredDomain,
  place: Place & { readonly increment: Backup },
  {
    dueMs,
    untilMs,
    sizes,
  }: { readonly dueMs: number; readonly untilMs: number; readonly sizes: SizeModel },
): Stretch {
  const points: ObservedPoint[] = [];
  let sequence = place.live.points.at(-1)?.sequence ?? 0;
  let beforeMs = newestMs(place.directory) ?? millisecondsOf(observed.observedAt);
  let at = instantOf(dueMs);
  let atMs = dueMs;
  const room = retention.chain.maxPoints - place.live.points.length + 1;
  const most = Math.min(mostDates, Math.max(0, room));
  while (points.length < most && atMs < untilMs) {
    sequence += 1;
    // The digits of ids tell points of one second apart; here there are none.
    const id = pointId(`${compactInstant(at)}-0000`);
    const bytes = pointBytes(sizes, uuid, place.increment.disks, { atMs, beforeMs });
    points.push({ id, sequence, level: 'increment', at, bytes });
    beforeMs = atMs;
    at = nextDueAt(schedule, at, uuid);
    atMs = millisecondsOf(at);
  }
  return { ...place, points };
}

/** How many dates from the first may be gone over. */
function quietLength(
  stretch: Stretch,
  world: World,
  desired: DesiredDomain,
  { blocked, guess }: { readonly blocked: ReadonlySet<string>; readonly guess: number },
): number {
  const { points, live } = stretch;
  const { timezone } = world.desired;
  const grows = (count: number): boolean =>
    newChainCause(
      directoryAfter(stretch, count - 1),
      desired,
      false,
      points[count - 1]?.at ?? '',
    ) === null;
  const rule = { retention: desired.retention, timezone, rawOnly: false };
  const keeps = (count: number): boolean => {
    if (desired.retention.keep === null) return true;
    const atMs = millisecondsOf(points[count - 1]?.at ?? '');
    const clock = { asOf: instantOf(atMs), asOfMs: atMs, observedMs: atMs };
    const added = [{ atMs, chain: live.id }];
    const { line, doomed } = judge(directoryAfter(stretch, count - 1), clock, added, rule);
    return doomed.every((index) => blocked.has(line.chains[index]?.id ?? ''));
  };
  const alone = lastTrue(lastTrue(points.length, grows), keeps, guess);
  if (desired.mirrors.length === 0) return alone;
  return lastTrue(
    alone,
    (count) => isQuietAt(worldBefore(stretch, world, desired, count), backupAt(stretch, count)),
    guess,
  );
}

/** The greatest number up to `most` for which a question that only ever turns to false is true; 0 if none. */
function lastTrue(most: number, holds: (count: number) => boolean, guess = 0): number {
  if (most === 0 || holds(most)) return most;
  let [yes, no] = [0, most];
  // A guess that is right is found out by asking on both sides of it.
  let asked: readonly number[] = guess > 0 && guess < most ? [guess, guess + 1] : [];
  while (no - yes > 1) {
    const [first] = asked.filter((count) => count > yes && count < no);
    const middle = first ?? (yes + no) >> 1;
    asked = asked.filter((count) => count !== middle);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

function directoryAfter(
  { directory, live, points, store }: Stretch,
  count: number,
): ObservedDirectory {
  const newest = points[count - 1];
  const { tip } = directory;
  if (newest === undefined || tip === null) return directory;
  const grown = { ...live, points: [...live.points, ...points.slice(0, count)] };
  return {
    ...directory,
    chains: directory.chains.map((chain) => (chain === live ? grown : chain)),
    tip: {
      ...tip,
      point: newest.id,
      directory: pointDirectory(newest.sequence, newest.id, 'increment'),
      checkpoint: checkpointOf(store.id, newest.id),
    },
  };
}

/** The backup that is taken at the n-th date. */
function backupAt({ increment, live, points }: Stretch, count: number): Backup {
  const point = points[count - 1];
  if (point === undefined) throw new Error('A stretch has no such date');
  const { id, sequence, bytes, level } = point;
  const directory = pointDirectory(sequence, id, level);
  return { ...increment, chain: live.id, point: id, sequence, bytes, pointDirectory: directory };
}

/** The world at the n-th date, before its backup. */
function worldBefore(stretch: Stretch, world: World, desired: DesiredDomain, count: number): World {
  const before = count === 1 ? world : leaped(world, desired, stretch, count - 1).world;
  return worldAt(before, stretch.points[count - 1]?.at ?? before.observed.observedAt);
}

function leaped(world: World, desired: DesiredDomain, stretch: Stretch, count: number): Leap {
  const { uuid } = desired;
  const after = directoryAfter(stretch, count);
  const [before, now] = [stretch.directory.tip?.checkpoint, after.tip?.checkpoint];
  const { name } = stretch.store;
  const until: Instant = stretch.points[count - 1]?.at ?? world.observed.observedAt;
  const moved = worldAt(world, until);
  const stored = withStore(moved.observed, name, (store) => ({
    ...store,
    directories: store.directories.map((one) => (one === stretch.directory ? after : one)),
  }));
  const targets =
    after.tip?.disks.flatMap(({ target, tracked }) => (tracked ? [target] : [])) ?? [];
  const points = stretch.points.slice(0, count);
  const observed = withDomain(
    withPoints(stored, desired, { ...stretch, store: stretch.store.id, points }),
    uuid,
    (one) => withCheckpoint(withoutCheckpoints(one, [before ?? '']), now ?? '', targets),
  );
  const taken = points.map(({ at, bytes }) => ({
    kind: 'backup' as const,
    atMs: millisecondsOf(at),
    uuid,
    store: name,
    level: 'increment' as const,
    bytes,
    why: ['due'],
  }));
  const copies = desired.mirrors.flatMap((mirror) =>
    taken.map((event) => ({ mirror, event: { ...event, store: stretch.store.id, why: [] } })),
  );
  return { world: { ...moved, observed }, events: taken, copies };
}

/** The leap, and in the store's memory what the plan of its last date would have doomed, here and at mirrors. */
function remembered(
  leap: Leap,
  start: World,
  desired: DesiredDomain,
  stretch: Stretch,
  count: number,
): Leap {
  const { uuid, mirrors } = desired;
  if (desired.retention.keep === null && mirrors.length === 0) return leap;
  const then = worldBefore(stretch, start, desired, count);
  const planning = planningOf(then.desired, then.observed);
  const domain = planning.domains.find((one) => one.uuid === uuid);
  if (domain === undefined) throw new Error(`${desired.name} is not in its own world`);
  const backup = backupAt(stretch, count);
  const { doomed } = retentionOutcome(planning, domain, decisionOf(backup));
  const there = copiesAt(then, backup).doomed;
  const observed = withStore(leap.world.observed, stretch.store.name, (store) => ({
    ...store,
    memory:
      store.memory === null
        ? null
        : {
            ...store.memory,
            doomed: doomed.length === 0 ? {} : { [uuid]: doomed },
            ...(store.memory.mirrors === undefined
              ? {}
              : {
                  mirrors: mapValues(store.memory.mirrors, (one, name) => ({
                    ...one,
                    doomed: there[name] ?? {},
                  })),
                }),
          },
  }));
  return { ...leap, world: { ...leap.world, observed } };
}

function mapValues<T>(
  all: Readonly<Record<string, T>>,
  change: (value: T, key: string) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, change(value, key)]));
}
