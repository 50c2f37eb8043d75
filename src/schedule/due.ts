import type { Schedule } from '../model/desired.ts';
import { instantOf, millisecondsOf, type Instant } from '../model/instant.ts';
import { dayMilliseconds } from './calendar.ts';
import { parseCron, type Cron } from './cron.ts';
import { slotAfter, slotUpTo } from './slot.ts';
import { localInstants, zoneOffset } from './zone.ts';

// Ten thousand domains share a handful of schedules.
const parsed = new Map<string, Cron>();

function cronOf(schedule: Schedule): Cron {
  const known = parsed.get(schedule.cron);
  if (known !== undefined) return known;
  const cron = parseCron(schedule.cron);
  // The policy refuses a bad expression with its place; here it is our own mistake.
  if (!cron.ok) throw new Error(cron.error.message);
  parsed.set(schedule.cron, cron.value);
  return cron.value;
}

/** Seconds by which a domain's slots are late, the same in every plan: FNV-1a of its uuid spreads the load. */
export function jitterOf(jitterSeconds: number, uuid: string | undefined): number {
  if (uuid === undefined || jitterSeconds === 0) return 0;
  let hash = 0x811c9dc5;
  for (let index = 0; index < uuid.length; index += 1) {
    hash = Math.imul(hash ^ uuid.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash % (jitterSeconds + 1);
}

/**
 * The instants of a slot. Of a schedule with named hours (`30 2 * * *`) a slot
 * is due once: at the end of the gap when spring skips it, the first time when
 * autumn repeats it. One that names every hour (`15 * * * *`) means "once an
 * hour" and follows elapsed time: in the repeated hour too, and through a gap
 * as if the clocks had not moved.
 */
function dueOf(cron: Cron, slot: number, timezone: string): readonly number[] {
  const found = localInstants(slot, timezone);
  if (found.kind === 'once') return [found.at];
  if (found.kind === 'never') return [cron.everyHour ? found.unshifted : found.gapEnd];
  return cron.everyHour ? [found.first, found.second] : [found.first];
}

/** How far the zone's clocks are moved within a day of an instant; 0 on all but two days a year. */
function shiftAround(at: number, timezone: string): number {
  return Math.abs(
    zoneOffset(at + dayMilliseconds, timezone) - zoneOffset(at - dayMilliseconds, timezone),
  );
}

function lastDue(cron: Cron, at: number, timezone: string): number {
  const lead = Math.max(zoneOffset(at, timezone), zoneOffset(at - dayMilliseconds, timezone));
  let best = -Infinity;
  // Where clocks are put back, a later slot can have an earlier instant, so
  // the search goes on for as long as one of them could win.
  let floor = -Infinity;
  for (let slot = slotUpTo(cron, at + lead); slot >= floor; slot = slotUpTo(cron, slot - 1)) {
    for (const due of dueOf(cron, slot, timezone)) {
      if (due > at || due <= best) continue;
      if (best === -Infinity) floor = slot - shiftAround(due, timezone);
      best = due;
    }
  }
  return best;
}

function nextDue(cron: Cron, after: number, timezone: string): number {
  const lead = Math.min(
    ...[-dayMilliseconds, 0, dayMilliseconds].map((step) => zoneOffset(after + step, timezone)),
  );
  let best = Infinity;
  let ceiling = Infinity;
  for (
    let slot = slotAfter(cron, after + lead - 1);
    slot <= ceiling;
    slot = slotAfter(cron, slot)
  ) {
    for (const due of dueOf(cron, slot, timezone)) {
      if (due <= after || due >= best) continue;
      if (best === Infinity) ceiling = slot + shiftAround(due, timezone);
      best = due;
    }
  }
  return best;
}

/**
 * The last instant, not later than `at`, at which a point was due: one should
 * exist by now. Calculated, never counted from timers, so that a slot missed
 * while the host was off, or skipped by DST, is still due, once.
 */
export function lastDueAt(schedule: Schedule, at: Instant, uuid?: string): Instant {
  const late = jitterOf(schedule.jitterSeconds, uuid) * 1000;
  return instantOf(lastDue(cronOf(schedule), millisecondsOf(at) - late, schedule.timezone) + late);
}

/** The first instant later than `after` at which a point is due. */
export function nextDueAt(schedule: Schedule, after: Instant, uuid?: string): Instant {
  const late = jitterOf(schedule.jitterSeconds, uuid) * 1000;
  return instantOf(
    nextDue(cronOf(schedule), millisecondsOf(after) - late, schedule.timezone) + late,
  );
}
