import type { Cron } from './cron.ts';
import { isCronDay } from './slot.ts';

/** Seconds between neighbouring slots of a cron, by the wall clock: DST nights differ by their shift. */
export interface Intervals {
  readonly shortestSeconds: number;
  /** `0 2 * * 1-5` has three days, over the weekend. */
  readonly longestSeconds: number;
}

// Weekdays and leap years repeat every 28 years (1901 to 2099): day numbers of
// 1 January 2001 and 2029.
const firstDay = 11_323;
const lastDay = 21_550;

/** The shortest and the longest time between two slots of a cron. */
export function intervalsOf(cron: Cron): Intervals {
  const minutes = cron.minutesOfDay;
  const first = minutes[0] ?? 0;
  const last = minutes.at(-1) ?? 0;
  let shortest = Infinity;
  let longest = 0;
  const add = (gap: number): void => {
    shortest = Math.min(shortest, gap);
    longest = Math.max(longest, gap);
  };
  for (const [index, minute] of minutes.slice(1).entries()) add(minute - (minutes[index] ?? 0));
  // The common case, without a walk over ten thousand days.
  if (cron.days.size === 31 && cron.months.size === 12 && cron.weekdays.size === 7) {
    add(1440 + first - last);
    return { shortestSeconds: shortest * 60, longestSeconds: longest * 60 };
  }
  let previous: number | null = null;
  for (let day = firstDay; day <= lastDay; day += 1) {
    if (!isCronDay(cron, day)) continue;
    if (previous !== null) add((day - previous) * 1440 + first - last);
    previous = day;
  }
  return { shortestSeconds: shortest * 60, longestSeconds: longest * 60 };
}
