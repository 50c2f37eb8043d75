import { bytesOfAmount } from '../model/amount.ts';
import type { DesiredStore } from '../model/desired.ts';
import { instantOf, millisecondsOf, type Instant } from '../model/instant.ts';
import type { ReadyStore, SpaceSample } from '../model/observed-store.ts';
import type { SpaceForecast } from '../model/status-report.ts';
import { isSameMount } from './guards/g152-store-identity.ts';

const dayMs = 86_400_000;

// Two months see a rotation of thirty nightly points and the next one, and two
// looks a month apart do not remember last year's clean-up.
const mostSamples = 60;

// From less, one night of fulls would look like the pace of every night.
const leastDays = 3;

// Two looks of one morning say nothing of a day.
const leastBetweenMs = dayMs / 2;

// Nobody orders a disk for what is further off, and no line through two months reaches it.
const horizonDays = 365;

/** A plan speaks of a store that fills within this, where the policy says nothing: a disk can be had in that time. */
export const defaultAlertSeconds = 14 * 86_400;

/** The looks that a store remembers after an apply: the first of each day, none of another disk, the newest sixty. */
export function spaceSamples(
  { memory, mount, freeBytes, totalBytes }: ReadyStore,
  at: Instant,
): readonly SpaceSample[] {
  const before = memory === null || !isSameMount(memory.mount, mount) ? [] : (memory.space ?? []);
  const last = before.at(-1);
  const isOfToday = last !== undefined && last.at.slice(0, 10) >= at.slice(0, 10);
  if (isOfToday) return before;
  return [...before, { at, usedBytes: totalBytes - freeBytes }].slice(-mostSamples);
}

/**
 * When a store fills: the median of the slopes between all its looks, so that
 * no single night bends it, from today's free space down to the reserve. What
 * retention and purges free is in it, and what others write there too. null
 * while the looks span less than three days.
 */
export function forecastOf(
  { memory, mount, freeBytes, totalBytes }: ReadyStore,
  { reserve }: Pick<DesiredStore, 'reserve'>,
  now: Instant,
): SpaceForecast | null {
  if (memory === null || !isSameMount(memory.mount, mount)) return null;
  const nowMs = millisecondsOf(now);
  const looks = [
    ...(memory.space ?? []).filter(({ at }) => at < now),
    { at: now, usedBytes: totalBytes - freeBytes },
  ].map(({ at, usedBytes }) => ({ at, atMs: millisecondsOf(at), usedBytes }));
  const [oldest] = looks;
  if (oldest === undefined || nowMs - oldest.atMs < leastDays * dayMs) return null;
  const pace = medianSlope(looks);
  if (pace === null) return null;
  const bytesPerDay = Math.round(pace);
  const roomBytes = freeBytes - bytesOfAmount(reserve, totalBytes);
  return {
    sinceAt: oldest.at,
    looks: looks.length,
    bytesPerDay,
    fillsAt: fillsAt(nowMs, roomBytes, bytesPerDay),
  };
}

interface Look {
  readonly atMs: number;
  readonly usedBytes: number;
}

/** Bytes a day: the median over all pairs of looks (Theil and Sen); null if no two are half a day apart. */
function medianSlope(looks: readonly Look[]): number | null {
  const slopes = looks
    .flatMap((from, index) =>
      looks.slice(index + 1).flatMap((to) => {
        const apartMs = to.atMs - from.atMs;
        if (apartMs < leastBetweenMs) return [];
        return [((to.usedBytes - from.usedBytes) / apartMs) * dayMs];
      }),
    )
    .toSorted((a, b) => a - b);
  const [low, high] = [
    slopes[Math.floor((slopes.length - 1) / 2)],
    slopes[Math.floor(slopes.length / 2)],
  ];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

function fillsAt(nowMs: number, roomBytes: number, bytesPerDay: number): Instant | null {
  if (roomBytes <= 0) return instantOf(nowMs);
  if (bytesPerDay <= 0) return null;
  const days = roomBytes / bytesPerDay;
  return days > horizonDays ? null : instantOf(Math.round(nowMs + days * dayMs));
}
