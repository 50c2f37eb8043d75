import type { Keep, Retention } from '../model/desired.ts';
import { bucketsOf, type Buckets } from '../schedule/zone.ts';
import type { Clock } from './dueness.ts';
import {
  timelineOf,
  withNewChain,
  type AddedPoint,
  type JudgedDirectory,
  type Timeline,
} from './timeline.ts';

/** Each rule that can keep a point is one bit of its mark. */
export const mark = {
  all: 1,
  chains: 2,
  last: 4,
  hourly: 8,
  daily: 16,
  weekly: 32,
  monthly: 64,
  yearly: 128,
  within: 256,
  newest: 512,
  live: 1024,
  minPoints: 2048,
  untouchable: 4096,
} as const;

/** A directory's points as the rules see them. */
export interface Judgement {
  readonly line: Timeline;
  readonly kept: Kept;
  /** Indices of the chains that go, oldest first. */
  readonly doomed: readonly number[];
  /** The same points as if none were faulty. */
  readonly mended: () => Timeline;
}

/**
 * Judges a directory, with the points that are added to it. Faulty points are
 * counted by no rule, so that they take no valid one's place; but a chain that
 * is only faulty stays until it would go if it were whole: what is broken may
 * be mended.
 */
export function judge(
  directory: JudgedDirectory | null,
  clock: Clock,
  added: readonly AddedPoint[],
  rule: RetentionRule,
): Judgement {
  return judgeLine(timelineOf(directory, clock, added), rule, () =>
    timelineOf(directory, clock, added, true),
  );
}

/** The same judgement with one more full, at an instant. */
export function judgeNext(
  { line, mended }: Judgement,
  atMs: number,
  rule: RetentionRule,
): Judgement {
  return judgeLine(withNewChain(line, atMs), rule, () => withNewChain(mended(), atMs));
}

function judgeLine(line: Timeline, rule: RetentionRule, mended: () => Timeline): Judgement {
  const kept = keptBy(line, rule);
  const doomed = doomedChains(line, kept);
  const isValid = (index: number): boolean => (line.chains[index]?.valid ?? 0) > 0;
  if (doomed.every(isValid)) return { line, kept, doomed, mended };
  const whole = mended();
  const over = new Set(doomedChains(whole, keptBy(whole, rule)));
  const gone = doomed.filter((index) => isValid(index) || over.has(index));
  return { line, kept, doomed: gone, mended };
}

/** Under which rules a timeline is judged. */
export interface RetentionRule {
  readonly retention: Retention;
  /** Zone of the calendar buckets. */
  readonly timezone: string;
  /** The domain has no trackers, so that every point is a chain of its own. */
  readonly rawOnly: boolean;
}

/** What keeps each point and each chain, as bits of `mark`; 0 is nothing. */
export interface Kept {
  readonly points: readonly number[];
  readonly chains: readonly number[];
}

const bucketRules = [
  ['hourly', 'hour'],
  ['daily', 'day'],
  ['weekly', 'week'],
  ['monthly', 'month'],
  ['yearly', 'year'],
] as const satisfies readonly (readonly [keyof Keep & keyof typeof mark, keyof Buckets])[];

/**
 * What the retention keeps of a timeline. Rules add up: each marks what it
 * keeps, and a chain goes only if neither it nor any of its points has a mark.
 */
function keptBy(line: Timeline, rule: RetentionRule): Kept {
  const points: number[] = line.at.map(() => 0);
  const chains: number[] = line.chains.map((chain) =>
    chain.untouchable === null ? 0 : mark.untouchable,
  );
  const kept = { points, chains };
  const [newest] = line.newestFirst;
  if (newest === undefined) return kept;
  const live = line.chain[newest] ?? 0;
  points[newest] = mark.newest;
  chains[live] = (chains[live] ?? 0) | mark.live;
  // After a clock that went back, the chain that goes on may not be the one of
  // the latest instant: then both are live.
  if (line.tip >= 0) add(chains, line.tip, mark.live);
  const { keep } = rule.retention;
  if (keep === null) {
    for (const index of line.newestFirst) add(points, index, mark.all);
    // Faulty chains too: who keeps all, keeps what is broken until somebody looked at it.
    for (const index of chains.keys()) add(chains, index, mark.all);
    return kept;
  }
  keepLast(line, keep.last ?? 0, mark.last, points);
  keepBuckets(line, keep, rule.timezone, points);
  keepWithin(line, keep.withinSeconds ?? 0, points);
  if (keep.chains !== undefined) keepChains(line, keep.chains, live, rule, kept);
  // The floor (I5) counts the newest points, whatever else is kept: a rule that
  // keeps something old must not cost something new.
  keepLast(line, rule.retention.minPoints, mark.minPoints, points);
  return kept;
}

function add(marks: number[], index: number, bit: number): void {
  marks[index] = (marks[index] ?? 0) | bit;
}

function keepLast(line: Timeline, count: number, bit: number, points: number[]): void {
  for (const index of line.newestFirst.slice(0, count)) add(points, index, bit);
}

function keepBuckets(line: Timeline, keep: Keep, timezone: string, points: number[]): void {
  const open = bucketRules.flatMap(([rule, unit]) => {
    const count = keep[rule] ?? 0;
    return count > 0 ? [{ unit, bit: mark[rule], left: count, last: NaN }] : [];
  });
  let openCount = open.length;
  for (const index of line.newestFirst) {
    if (openCount === 0) return;
    const buckets = bucketsOf(line.at[index] ?? 0, timezone);
    for (const rule of open) {
      if (rule.left === 0 || rule.last === buckets[rule.unit]) continue;
      // Newest first: the first point of a bucket that is met is its newest.
      rule.last = buckets[rule.unit];
      rule.left -= 1;
      if (rule.left === 0) openCount -= 1;
      add(points, index, rule.bit);
    }
  }
}

function keepWithin(line: Timeline, seconds: number, points: number[]): void {
  const [newest] = line.newestFirst;
  if (newest === undefined || seconds === 0) return;
  const since = (line.at[newest] ?? 0) - seconds * 1000;
  for (const index of line.newestFirst) {
    if ((line.at[index] ?? 0) < since) return;
    add(points, index, mark.within);
  }
}

/** The live chain and that many closed ones; of domains without trackers, as many points as those could hold. */
function keepChains(
  line: Timeline,
  count: number,
  live: number,
  rule: RetentionRule,
  { points, chains }: { readonly points: number[]; readonly chains: number[] },
): void {
  if (rule.rawOnly) {
    keepLast(line, count * rule.retention.chain.maxPoints, mark.chains, points);
    return;
  }
  add(chains, live, mark.chains);
  // Chains by their newest valid point; one without any valid point takes no place.
  const closed = new Set<number>();
  for (const index of line.newestFirst) {
    const chain = line.chain[index] ?? 0;
    if (chain !== live) closed.add(chain);
  }
  for (const chain of [...closed].slice(0, count)) add(chains, chain, mark.chains);
}

/** Indices of the chains that nothing keeps, oldest first; a chain that begins with this plan is never one. */
function doomedChains(line: Timeline, kept: Kept): readonly number[] {
  // Without a valid point there is no telling what is worth keeping.
  if (line.newestFirst.length === 0) return [];
  const marks = [...kept.chains];
  for (const [index, chain] of line.chain.entries()) add(marks, chain, kept.points[index] ?? 0);
  return line.chains.flatMap(({ observed }, index) =>
    marks[index] === 0 && observed !== null ? [index] : [],
  );
}
