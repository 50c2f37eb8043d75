import { millisecondsOf, type Instant } from '../model/instant.ts';
import { printable } from './printable.ts';

/** Instants as people of one time zone read them. */
export interface ZonedClock {
  /** `2026-11-22 10:30:02+01:00` */
  full(at: Instant): string;
  /** `2026-11-22 10:30+01:00`: with the offset, for one hour comes twice in the night that DST ends. */
  minute(at: Instant): string;
  /** `10:30` on the day of `now`, else `2026-11-21 10:30`. */
  near(at: Instant, now: Instant): string;
  /** `10:30:02` */
  time(at: Instant): string;
}

/** A formatter of a zone of the tz database. */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  });
}

/** The clock of a zone. An unknown zone is read as UTC: each full time carries its offset, so it says so. */
export function zonedClock(timezone: string): ZonedClock {
  const known = isZone(timezone) ? timezone : 'UTC';
  const formatter = formatterOf(known);
  const read = (at: Instant): { date: string; time: string; offset: string } | null => {
    const milliseconds = millisecondsOf(at);
    if (Number.isNaN(milliseconds)) return null;
    const parts = new Map(
      formatter.formatToParts(milliseconds).map(({ type, value }) => [type, value]),
    );
    const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
    return {
      date: `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`,
      time: `${part('hour')}:${part('minute')}:${part('second')}`,
      offset: part('timeZoneName').replace('GMT', '') || '+00:00',
    };
  };
  // What is no instant is shown as it stands: a report about a broken file must not break.
  return {
    full: (at) => {
      const parts = read(at);
      return parts === null ? printable(at) : `${parts.date} ${parts.time}${parts.offset}`;
    },
    minute: (at) => {
      const parts = read(at);
      return parts === null
        ? printable(at)
        : `${parts.date} ${parts.time.slice(0, 5)}${parts.offset}`;
    },
    near: (at, now) => {
      const parts = read(at);
      if (parts === null) return printable(at);
      const time = parts.time.slice(0, 5);
      return parts.date === read(now)?.date ? time : `${parts.date} ${time}`;
    },
    time: (at) => read(at)?.time ?? printable(at),
  };
}

function isZone(timezone: string): boolean {
  try {
    formatterOf(timezone);
    return true;
  } catch {
    return false;
  }
}
