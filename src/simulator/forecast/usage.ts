import { instantOf, type Instant } from '../../model/instant.ts';
import type { SimulatedDay } from '../../model/simulation.ts';
import { civilDateOf, dayMilliseconds } from '../../schedule/calendar.ts';
import { zoneOffset } from '../../schedule/zone.ts';
import type { ForecastEvent } from './forecast-event.ts';
import type { Fate } from './forecast.ts';
import { contentsAt } from './mirror-world.ts';
import { readyStores, type World } from './world.ts';

/** Points, their bytes, and bytes in the trash. */
export interface Usage {
  points: number;
  pointBytes: number;
  trashBytes: number;
}

/** The most that was in use at once, and since when. */
export interface Peak {
  readonly bytes: number;
  readonly at: Instant;
}

/** What the stores of a world hold; with a name, that store alone. */
export function usageOf({ observed }: World, store?: string): Usage {
  const usage: Usage = { points: 0, pointBytes: 0, trashBytes: 0 };
  for (const { name, state } of readyStores(observed)) {
    if (store !== undefined && name !== store) continue;
    for (const { chains } of state.directories) {
      for (const { points } of chains) {
        for (const { bytes, fault } of points) {
          usage.pointBytes += bytes;
          if (fault === undefined) usage.points += 1;
        }
      }
    }
    for (const { bytes } of state.trash) usage.trashBytes += bytes;
  }
  return usage;
}

/** What a mirror of a world holds: copies, and deleted ones that are still there. */
export function usageAt({ observed }: World, mirror: string): Usage {
  const usage: Usage = { points: 0, pointBytes: 0, trashBytes: 0 };
  for (const { directories } of contentsAt(observed, mirror)) {
    for (const { chains, deleted } of directories) {
      for (const { bytes, fault } of chains.flatMap(({ points }) => points)) {
        usage.pointBytes += bytes;
        if (fault === undefined) usage.points += 1;
      }
      for (const { bytes } of deleted) usage.trashBytes += bytes;
    }
  }
  return usage;
}

/** Changes a usage by an event that happens to so many domains. */
function addEvent(usage: Usage, event: ForecastEvent, domains: number): void {
  const bytes = event.bytes * domains;
  if (event.kind === 'backup') {
    usage.points += domains;
    usage.pointBytes += bytes;
  } else if (event.kind === 'trash') {
    usage.points -= event.points * domains;
    usage.pointBytes -= bytes;
    usage.trashBytes += bytes;
  } else usage.trashBytes -= bytes;
}

/** An event, and how many domains it happens to. */
export interface CountedEvent {
  readonly event: ForecastEvent;
  readonly domains: number;
}

/** The events of all domains in the order of time. */
export function inTime(
  fates: readonly Fate[],
  eventsOf: (fate: Fate) => readonly ForecastEvent[] = ({ events }) => events,
): readonly CountedEvent[] {
  return fates
    .flatMap((fate) => eventsOf(fate).map((event) => ({ event, domains: fate.uuids.length })))
    .toSorted((a, b) => a.event.atMs - b.event.atMs);
}

/** The peak of a usage over time, and when it first exceeded a limit. */
export function peakOf(
  before: Usage,
  events: readonly CountedEvent[],
  startAt: Instant,
  limitBytes = Infinity,
): { readonly peak: Peak; readonly endBytes: number; readonly exceededAt: Instant | null } {
  const usage = { ...before };
  let peakBytes = usage.pointBytes + usage.trashBytes;
  let peakMs: number | null = null;
  let exceededMs: number | null = null;
  for (const { event, domains } of events) {
    addEvent(usage, event, domains);
    const used = usage.pointBytes + usage.trashBytes;
    if (used > limitBytes) exceededMs ??= event.atMs;
    if (used <= peakBytes) continue;
    peakBytes = used;
    peakMs = event.atMs;
  }
  return {
    peak: { bytes: peakBytes, at: peakMs === null ? startAt : instantOf(peakMs) },
    endBytes: usage.pointBytes + usage.trashBytes,
    exceededAt: exceededMs === null ? null : instantOf(exceededMs),
  };
}

/** Days since 1970 of an instant's date in a zone. */
export function localDay(atMs: number, timezone: string): number {
  return Math.floor((atMs + zoneOffset(atMs, timezone)) / dayMilliseconds);
}

const two = (part: number): string => String(part).padStart(2, '0');

/** `2026-11-22` of days since 1970. */
export function dateOf(day: number): string {
  const date = civilDateOf(day);
  return `${String(date.year).padStart(4, '0')}-${two(date.month)}-${two(date.day)}`;
}

type Tally = { -readonly [Key in keyof SimulatedDay]: SimulatedDay[Key] };

/** One entry a calendar day from the first to the last. */
export function daysOf(
  before: Usage,
  events: readonly CountedEvent[],
  {
    startMs,
    untilMs,
    timezone,
  }: { readonly startMs: number; readonly untilMs: number; readonly timezone: string },
): readonly SimulatedDay[] {
  const days: SimulatedDay[] = [];
  const usage = { ...before };
  let next = 0;
  // Exclusive: a time that ends at midnight has no part of the day that begins there.
  const lastDay = localDay(untilMs - 1, timezone);
  for (let day = localDay(startMs, timezone); day <= lastDay; day += 1) {
    const tally = emptyDay(dateOf(day), used(usage));
    for (; next < events.length; next += 1) {
      const counted = events[next];
      if (counted === undefined || localDay(counted.event.atMs, timezone) > day) break;
      addEvent(usage, counted.event, counted.domains);
      tallyEvent(tally, counted);
      tally.peakBytes = Math.max(tally.peakBytes, used(usage));
    }
    days.push({ ...tally, ...usage });
  }
  return days;
}

const used = ({ pointBytes, trashBytes }: Usage): number => pointBytes + trashBytes;

function emptyDay(date: string, peakBytes: number): Tally {
  return {
    date,
    fulls: 0,
    increments: 0,
    writtenBytes: 0,
    deletedChains: 0,
    deletedPoints: 0,
    freedBytes: 0,
    peakBytes,
    points: 0,
    pointBytes: 0,
    trashBytes: 0,
  };
}

function tallyEvent(tally: Tally, { event, domains }: CountedEvent): void {
  const bytes = event.bytes * domains;
  if (event.kind === 'backup') {
    tally.writtenBytes += bytes;
    if (event.level === 'full') tally.fulls += domains;
    else tally.increments += domains;
  } else if (event.kind === 'trash') {
    tally.deletedChains += domains;
    tally.deletedPoints += event.points * domains;
  } else tally.freedBytes += bytes;
}
