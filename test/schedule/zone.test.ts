import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bucketsOf,
  isTimeZone,
  localInstants,
  timeZoneNames,
  zoneOffset,
} from '../../src/schedule/zone.ts';

const zones = timeZoneNames();
const anyTime = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2060, 0, 1) });

it('knows zones by name, and only by name', () => {
  expect(zones.length).toBeGreaterThan(300);
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Ushuaia', 'Etc/GMT+5']) {
    expect(isTimeZone(name), name).toBe(true);
  }
  for (const name of ['', '+01:00', 'Europe/Berlln', 'Mars/Olympus', 'Europe/Berlin\n', '../x']) {
    expect(isTimeZone(name), name).toBe(false);
  }
});

/** The zone's own reading of an instant, by Intl alone. */
function reading(at: number, timeZone: string): Record<string, number> {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  return Object.fromEntries(parts.map((part) => [part.type, Number(part.value)]));
}

/** ISO year and week by the definition: the week of its Thursday. */
function isoWeek(year: number, month: number, day: number): string {
  const thursday = new Date(Date.UTC(year, month - 1, day));
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return `${thursday.getUTCFullYear()}-${Math.ceil(((thursday.getTime() - start) / 864e5 + 1) / 7)}`;
}

describe('bucketsOf', () => {
  it('is what the calendar on the wall says', () => {
    const weeks = new Map<number, string>();
    fc.assert(
      fc.property(fc.constantFrom(...zones), anyTime, (zone, time) => {
        const at = Math.floor(time / 1000) * 1000;
        const {
          year = 0,
          month = 0,
          day = 0,
          hour = 0,
          minute = 0,
          second = 0,
        } = reading(at, zone);
        const found = bucketsOf(at, zone);
        expect(at + zoneOffset(at, zone)).toBe(
          Date.UTC(year, month - 1, day, hour, minute, second),
        );
        expect(found.year).toBe(year);
        expect(found.month).toBe(year * 12 + month - 1);
        expect(found.day).toBe(Date.UTC(year, month - 1, day) / 864e5);
        const week = isoWeek(year, month, day);
        expect(weeks.get(found.week) ?? week).toBe(week);
        weeks.set(found.week, week);
      }),
      { numRuns: 300 },
    );
    expect(new Set(weeks.values()).size).toBe(weeks.size);
  });

  it('has greater keys for later buckets', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), anyTime, fc.nat(2 ** 33), (zone, at, later) => {
        const a = bucketsOf(at, zone);
        const b = bucketsOf(at + later, zone);
        // Only where a date line was crossed does a day come twice.
        expect(b.hour).toBeGreaterThanOrEqual(a.hour);
        for (const key of ['week', 'month', 'year'] as const) {
          expect(b[key]).toBeGreaterThanOrEqual(a[key]);
        }
      }),
    );
  });

  it('keeps the two hours of an autumn night apart, and the day together', () => {
    const first = bucketsOf(Date.parse('2026-10-25T00:30:00Z'), 'Europe/Berlin');
    const second = bucketsOf(Date.parse('2026-10-25T01:30:00Z'), 'Europe/Berlin');
    expect(second).toEqual({ ...first, hour: first.hour + 3_600_000 });
  });

  it('begins the day where the zone does', () => {
    const evening = Date.parse('2026-11-22T23:30:00Z');
    expect(bucketsOf(evening, 'Europe/Berlin').day - bucketsOf(evening, 'UTC').day).toBe(1);
    expect(bucketsOf(evening, 'Europe/Berlin').week - bucketsOf(evening, 'UTC').week).toBe(1);
  });
});

/** A reading of the wall clock. */
const local = (text: string): number => Date.parse(`${text}:00Z`);

describe('localInstants', () => {
  it('finds gaps and repetitions', () => {
    expect(localInstants(local('2027-03-28T02:30'), 'Europe/Berlin')).toEqual({
      kind: 'never',
      gapEnd: Date.parse('2027-03-28T01:00:00Z'),
      unshifted: Date.parse('2027-03-28T01:30:00Z'),
    });
    expect(localInstants(local('2026-10-25T02:30'), 'Europe/Berlin')).toEqual({
      kind: 'twice',
      first: Date.parse('2026-10-25T00:30:00Z'),
      second: Date.parse('2026-10-25T01:30:00Z'),
    });
    expect(localInstants(local('2026-11-22T02:30'), 'Europe/Berlin')).toEqual({
      kind: 'once',
      at: Date.parse('2026-11-22T01:30:00Z'),
    });
  });

  it('undoes the offset', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), anyTime, (zone, at) => {
        const found = localInstants(at + zoneOffset(at, zone), zone);
        const instants =
          found.kind === 'once'
            ? [found.at]
            : found.kind === 'twice'
              ? [found.first, found.second]
              : [];
        expect(instants).toContain(at);
      }),
      { numRuns: 250 },
    );
  });
});
