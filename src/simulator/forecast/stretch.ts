import type { Backup } from '../../model/backup-action.ts';
import type { DesiredDomain } from '../../model/desired.ts';
import { checkpointOf, pointDirectory, pointId, type StoreId } from '../../model/identity.ts';
import { compactInstant, instantOf, millisecondsOf, type Instant } from '../../model/instant.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  ObservedPoint,
} from '../../model/observed-store.ts';
import { nextDueAt } from '../../schedule/due.ts';
import { withCheckpoint, withoutCheckpoints } from './apply-actions.ts';
import type { CopyEvent } from './copy-events.ts';
import type { ForecastEvent } from './forecast-event.ts';
import { withPoints } from './leap-mirrors.ts';
import { pointBytes, type SizeModel } from './sizes.ts';
import { newestMs, readyStores, withDomain, withStore, worldAt, type World } from './world.ts';

// More dates at once save nothing: the default chain has 30 points.
const mostDates = 64;

/** The live chain of a domain, to which increments are added. */
export interface Place {
  readonly store: { readonly name: string; readonly id: StoreId };
  readonly directory: ObservedDirectory;
  readonly live: ObservedChain;
}

/** Where the next increment goes; null if the domain is off, or the next point may be a full. */
export function placeOf({ observed }: World, { uuid, store: name }: DesiredDomain): Place | null {
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
export function awaitsRemoval({ desired }: World, { directory: { uuid, chains } }: Place): boolean {
  return desired.removed.some(
    (removed) => removed.uuid === uuid && chains.some(({ id }) => id === removed.chain),
  );
}

/** The increments that may come, in order, and the dates at which they are due. */
export interface Stretch extends Place {
  /** What the last increment that was planned in full was like. */
  readonly increment: Backup;
  readonly points: readonly ObservedPoint[];
}

/** The dates from one at which a point is due up to another, as far as the chain has room. */
export function newStretch(
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

/** The domain's directory after so many of its dates. */
export function directoryAfter(
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
export function backupAt({ increment, live, points }: Stretch, count: number): Backup {
  const point = points[count - 1];
  if (point === undefined) throw new Error('A stretch has no such date');
  const { id, sequence, bytes, level } = point;
  const directory = pointDirectory(sequence, id, level);
  return { ...increment, chain: live.id, point: id, sequence, bytes, pointDirectory: directory };
}

/** The world at the n-th date, before its backup. */
export function worldBefore(
  stretch: Stretch,
  world: World,
  desired: DesiredDomain,
  count: number,
): World {
  const before = count === 1 ? world : leaped(world, desired, stretch, count - 1).world;
  return worldAt(before, stretch.points[count - 1]?.at ?? before.observed.observedAt);
}

/** What a stretch comes to. */
export interface Leap {
  readonly world: World;
  readonly events: readonly ForecastEvent[];
  readonly copies: readonly CopyEvent[];
}

/** The world after so many of its dates, and what happened on the way. */
export function leaped(
  world: World,
  desired: DesiredDomain,
  stretch: Stretch,
  count: number,
): Leap {
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
