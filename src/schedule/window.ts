import { instantOf, millisecondsOf, type Instant } from '../model/instant.ts';
import { dayMilliseconds, weekdayOf } from './calendar.ts';
import { localInstants, zoneOffset } from './zone.ts';

/** Days as they are written, from Sunday. */
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const minuteMilliseconds = 60_000;
const dayMinutes = 1440;

/** A part of the day in which something may be done; one that ends before it begins ends on the next day. */
export interface Window {
  /** Days on which it begins, 0 for Sunday. */
  readonly days: readonly number[];
  /** Minutes since midnight; 1440 is the end of the day. */
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** Reads `22:00-06:00` or `sat,sun 00:00-24:00`; null: it is no window, or one without length. */
export function parseWindow(text: string): Window | null {
  const [, days, from, to] =
    /^(?:([a-z]{3}(?:,[a-z]{3})*) )?(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) return null;
  const [fromMinute, toMinute] = [minuteOf(from), minuteOf(to)];
  const numbers = days?.split(',').map((day) => dayNames.indexOf(day)) ?? [0, 1, 2, 3, 4, 5, 6];
  if (fromMinute === null || toMinute === null || fromMinute === toMinute) return null;
  if (fromMinute === dayMinutes || numbers.includes(-1)) return null;
  return { days: numbers, fromMinute, toMinute };
}

function minuteOf(text: string): number | null {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  const whole = hour * 60 + minute;
  return minute < 60 && whole <= dayMinutes ? whole : null;
}

/** Whether one of the windows is open at an instant: null; else when the next one opens. None at all: always open. */
export function opensAt(windows: readonly Window[], at: Instant, timezone: string): Instant | null {
  if (windows.length === 0) return null;
  const now = millisecondsOf(at);
  const today = Math.floor((now + zoneOffset(now, timezone)) / dayMilliseconds);
  let next = Infinity;
  // Yesterday's may reach into today; each begins again within a week.
  for (let day = today - 1; day <= today + 7; day += 1) {
    for (const { days, fromMinute, toMinute } of windows) {
      if (!days.includes(weekdayOf(day))) continue;
      const begin = instantIn(day, fromMinute, timezone);
      const end = instantIn(day + (toMinute <= fromMinute ? 1 : 0), toMinute, timezone);
      if (begin <= now && now < end) return null;
      if (begin > now) next = Math.min(next, begin);
    }
  }
  return instantOf(next);
}

/** A minute of a day by a zone's clocks: the first of two, the end of a gap. */
function instantIn(day: number, minute: number, timezone: string): number {
  const found = localInstants(day * dayMilliseconds + minute * minuteMilliseconds, timezone);
  switch (found.kind) {
    case 'once':
      return found.at;
    case 'twice':
      return found.first;
    default:
      return found.gapEnd;
  }
}
