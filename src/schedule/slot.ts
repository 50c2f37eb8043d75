import { civilDateOf, dayMilliseconds, weekdayOf } from './calendar.ts';
import type { Cron } from './cron.ts';

const minuteMilliseconds = 60_000;

// 29 February on a given weekday comes every 28 years, and is 40 away around
// 2100; beyond that nothing comes.
const searchDays = 41 * 366;

/** Whether a cron is due on a day (days since 1970). */
export function isCronDay(cron: Cron, dayNumber: number): boolean {
  const weekday = cron.weekdays.has(weekdayOf(dayNumber));
  if (!weekday && !cron.eitherDay) return false;
  const date = civilDateOf(dayNumber);
  if (!cron.months.has(date.month)) return false;
  const day = cron.days.has(date.day);
  return cron.eitherDay ? day || weekday : day && weekday;
}

/** How many of ascending numbers are not greater than a limit. */
function countUpTo(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

const slotAt = (day: number, minute: number): number =>
  day * dayMilliseconds + minute * minuteMilliseconds;

/**
 * The last slot not later than a local time. Slots are readings of the wall
 * clock, written as milliseconds as if they were UTC; DST is `due.ts`'s business.
 */
export function slotUpTo(cron: Cron, local: number): number {
  const today = Math.floor(local / dayMilliseconds);
  const minute = Math.floor((local - today * dayMilliseconds) / minuteMilliseconds);
  for (let day = today; day > today - searchDays; day -= 1) {
    if (!isCronDay(cron, day)) continue;
    const count = day === today ? countUpTo(cron.minutesOfDay, minute) : cron.minutesOfDay.length;
    const found = cron.minutesOfDay[count - 1];
    if (found !== undefined) return slotAt(day, found);
  }
  throw new Error(`A cron that never fires was not refused: ${cron.text}`);
}

/** The first slot later than a local time. */
export function slotAfter(cron: Cron, local: number): number {
  const today = Math.floor(local / dayMilliseconds);
  const minute = Math.floor((local - today * dayMilliseconds) / minuteMilliseconds);
  for (let day = today; day < today + searchDays; day += 1) {
    if (!isCronDay(cron, day)) continue;
    const found = cron.minutesOfDay[day === today ? countUpTo(cron.minutesOfDay, minute) : 0];
    if (found !== undefined) return slotAt(day, found);
  }
  throw new Error(`A cron that never fires was not refused: ${cron.text}`);
}
