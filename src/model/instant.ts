/**
 * An instant as text: UTC, ISO 8601, always with milliseconds
 * (`2026-11-22T02:00:00.000Z`), so that the order of texts is the order of
 * instants and every record is plain JSON.
 */
export type Instant = string;

/** The instant of a count of milliseconds since 1970. */
export function instantOf(milliseconds: number): Instant {
  return new Date(milliseconds).toISOString();
}

/** Milliseconds since 1970; NaN for what is no instant. */
export function millisecondsOf(at: Instant): number {
  return usualMilliseconds(at) ?? Date.parse(at);
}

/** Value of the decimal digits in a stretch of a text; NaN or nonsense for others. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let index = from; index < to; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * Milliseconds of an instant in the form that `instantOf` gives; null for any
 * other, and for the ends of months, which not all of them have. In a quarter of
 * the time of `Date.parse`: a plan reads a million points, and a simulation
 * reads them again at each of its dates.
 */
function usualMilliseconds(at: Instant): number | null {
  if (at.length !== 24 || at[4] !== '-' || at[7] !== '-' || at[10] !== 'T') return null;
  if (at[13] !== ':' || at[16] !== ':' || at[19] !== '.' || at[23] !== 'Z') return null;
  const [month, day] = [digits(at, 5, 7), digits(at, 8, 10)];
  const [hour, minute, second] = [digits(at, 11, 13), digits(at, 14, 16), digits(at, 17, 19)];
  // What is no digit made NaN, which no comparison lets pass.
  const isUsual =
    month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour < 24 && minute < 60 && second < 60;
  if (!isUsual) return null;
  // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March.
  const year = digits(at, 0, 4) - (month <= 2 ? 1 : 0);
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const leapDays = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
  const days = year * 365 + leapDays + dayOfYear - 719_468;
  const milliseconds = ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000;
  const all = milliseconds + digits(at, 20, 23);
  return Number.isNaN(all) ? null : all;
}

/** Seconds from one instant to a later one; negative if it is earlier. */
export function secondsBetween(from: Instant, to: Instant): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

/** The instant that many seconds later. */
export function addSeconds(at: Instant, seconds: number): Instant {
  return instantOf(Date.parse(at) + seconds * 1000);
}

/** The form used in names, `20261122T020000Z`: whole seconds, no character that any file system minds. */
export function compactInstant(at: Instant): string {
  return `${at.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
