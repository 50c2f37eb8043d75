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

/** Milliseconds since 1970. */
export function millisecondsOf(at: Instant): number {
  return Date.parse(at);
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
