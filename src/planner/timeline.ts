import type { ChainId } from '../model/identity.ts';
import { instantOf, millisecondsOf } from '../model/instant.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  ObservedTip,
  PointFault,
} from '../model/observed-store.ts';
import type { Clock } from './dueness.ts';
import { byText } from './order.ts';

/**
 * The points of one domain in one store that count: valid, and not dated later
 * than the observation. Flat arrays, for there may be a million points.
 */
export interface Timeline {
  /** Oldest first; a chain that is planned, or only supposed, is the last one. */
  readonly chains: readonly TimelineChain[];
  /** Milliseconds of each point, oldest chain first, then by sequence. */
  readonly at: readonly number[];
  /** Index of each point's chain. */
  readonly chain: readonly number[];
  /** Indices of points, newest first; of two at one instant, the later one in its chain. */
  readonly newestFirst: readonly number[];
  /** Index of the chain that the next increment would be added to; -1 if there is none. */
  readonly tip: number;
}

export interface TimelineChain {
  /** null: begins with this plan. */
  readonly observed: ObservedChain | null;
  readonly id: ChainId | null;
  readonly valid: number;
  /** Why it stays whatever the rules say. */
  readonly untouchable: 'held' | 'busy' | 'empty' | 'future' | 'not-readable' | null;
}

/** What a plan adds: a point in a chain, or in a new one. */
export interface AddedPoint {
  readonly atMs: number;
  /** null: begins a chain. */
  readonly chain: ChainId | null;
}

/**
 * Faults that leave a point without a readable manifest: nothing proves that it
 * is ours (I7), and a newer version may know what this one does not.
 */
export const unreadableFaults: ReadonlySet<PointFault> = new Set([
  'manifest-missing',
  'manifest-unreadable',
  'manifest-newer',
  'manifest-misplaced',
]);

/** What of a directory is judged, in a store or at a mirror. */
export interface JudgedDirectory extends Pick<ObservedDirectory, 'chains' | 'incoming'> {
  readonly tip: Pick<ObservedTip, 'chain'> | null;
}

/**
 * Lays out a directory's points, with what is added. `faulty`: as if every
 * point were valid, to tell whether a broken chain's time would be over.
 */
export function timelineOf(
  directory: JudgedDirectory | null,
  clock: Clock,
  added: readonly AddedPoint[],
  faulty = false,
): Timeline {
  const until = instantOf(clock.observedMs);
  const chains: TimelineChain[] = [];
  const at: number[] = [];
  const chain: number[] = [];
  const busy = new Set(
    directory?.incoming.flatMap((incoming) => (incoming.busy ? [incoming.chain] : [])),
  );
  const observed = inOrder(directory?.chains ?? [], (a, b) => byText(a.id, b.id));
  for (const one of observed) {
    const index = chains.length;
    const before = at.length;
    let untouchable = protectionOf(one, busy.has(one.id));
    for (const point of inOrder(one.points, (a, b) => a.sequence - b.sequence)) {
      if (point.held === true) untouchable = 'held';
      if (point.at > until) untouchable ??= 'future';
      else if (point.fault === undefined || (faulty && !unreadableFaults.has(point.fault))) {
        at.push(Math.min(millisecondsOf(point.at), clock.asOfMs));
        chain.push(index);
      } else if (unreadableFaults.has(point.fault)) untouchable ??= 'not-readable';
    }
    for (const point of added) {
      if (point.chain !== one.id) continue;
      at.push(point.atMs);
      chain.push(index);
    }
    chains.push({ observed: one, id: one.id, valid: at.length - before, untouchable });
  }
  for (const point of added) {
    if (point.chain !== null) continue;
    at.push(point.atMs);
    chain.push(chains.length);
    chains.push({ observed: null, id: null, valid: 1, untouchable: null });
  }
  const isNew = added.some((point) => point.chain === null);
  const tip = isNew ? -1 : chains.findIndex(({ id }) => id === directory?.tip?.chain);
  return { chains, at, chain, newestFirst: newestFirst(at), tip };
}

function protectionOf(
  { held, points }: ObservedChain,
  isBusy: boolean,
): TimelineChain['untouchable'] {
  if (held) return 'held';
  // Nothing in it proves that it is ours (I7).
  if (points.length === 0) return 'empty';
  return isBusy ? 'busy' : null;
}

/** The same timeline with one more full at its end, a chain of its own. */
export function withNewChain(line: Timeline, atMs: number): Timeline {
  const at = [...line.at, atMs];
  const isNewest = atMs >= (line.at[line.newestFirst[0] ?? -1] ?? -Infinity);
  return {
    chains: [...line.chains, { observed: null, id: null, valid: 1, untouchable: null }],
    at,
    chain: [...line.chain, line.chains.length],
    newestFirst: isNewest ? [line.at.length, ...line.newestFirst] : newestFirst(at),
    tip: -1,
  };
}

/** The values in order; the same array if they are already, as an observation should have them. */
export function inOrder<T>(values: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  let before: T | undefined;
  for (const value of values) {
    if (before !== undefined && compare(before, value) > 0) return values.toSorted(compare);
    before = value;
  }
  return values;
}

function newestFirst(at: readonly number[]): readonly number[] {
  const order = at.map((_at, index) => at.length - 1 - index);
  return inOrder(order, (a, b) => (at[b] ?? 0) - (at[a] ?? 0) || b - a);
}
