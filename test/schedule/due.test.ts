import { CronExpressionParser } from 'cron-parser';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../src/model/desired.ts';
import { addSeconds, instantOf, secondsBetween } from '../../src/model/instant.ts';
import { jitterOf, lastDueAt, nextDueAt } from '../../src/schedule/due.ts';
import { bucketsOf } from '../../src/schedule/zone.ts';

const hour = 3_600_000;
const schedule = (cron: string, timezone: string, jitterSeconds = 0): Schedule => ({
  name: 'test',
  cron,
  timezone,
  jitterSeconds,
});

/** The instants at which a schedule is due from one instant to another. */
function dueBetween(which: Schedule, from: string, to: string): readonly string[] {
  const found: string[] = [];
  for (let at = nextDueAt(which, from); at <= to; at = nextDueAt(which, at)) found.push(at);
  return found;
}

/** zone, cron, from, to → due: the nights on which clocks move. */
const nights: readonly (readonly [string, string, string, string, readonly string[]])[] = [
  // Spring, 02:30 does not exist: due at 03:00, the first moment after the gap, not skipped.
  ['Europe/Berlin', '30 2 * * *', '2027-03-27T12', '2027-03-29T12', ['28T01:00', '29T00:30']],
  ['Europe/Berlin', '*/15 2 * * *', '2027-03-27T12', '2027-03-28T12', ['28T01:00']],
  ['Europe/Berlin', '30 2 28 3 *', '2027-03-01T00', '2027-04-01T00', ['28T01:00']],
  // Autumn, 02:30 comes twice: due the first time.
  ['Europe/Berlin', '30 2 * * *', '2026-10-24T12', '2026-10-26T12', ['25T00:30', '26T01:30']],
  ['Europe/Berlin', '*/30 2 * * *', '2026-10-24T12', '2026-10-25T12', ['25T00:00', '25T00:30']],
  // Once an hour is once an hour.
  [
    'Europe/Berlin',
    '15 * * * *',
    '2026-10-24T23',
    '2026-10-25T03',
    ['24T23:15', '25T00:15', '25T01:15', '25T02:15'],
  ],
  [
    'Europe/Berlin',
    '15 * * * *',
    '2027-03-27T23',
    '2027-03-28T03',
    ['27T23:15', '28T00:15', '28T01:15', '28T02:15'],
  ],
  // Clocks move by half an hour here (02:00 → 02:30): 02:15 does not exist.
  ['Australia/Lord_Howe', '15 2 * * *', '2026-10-03T12', '2026-10-04T18', ['03T15:30', '04T15:15']],
  [
    'Australia/Lord_Howe',
    '15 * * * *',
    '2026-10-03T14',
    '2026-10-03T17',
    ['03T14:45', '03T15:45', '03T16:15'],
  ],
  // Clocks move at midnight: 00:30 does not exist.
  ['America/Santiago', '30 0 * * *', '2026-09-05T12', '2026-09-07T12', ['06T04:00', '07T03:30']],
  ['Africa/Cairo', '30 0 * * *', '2026-04-23T12', '2026-04-24T23', ['23T22:00', '24T21:30']],
  // Ramadan: back in February, forward in March.
  ['Africa/Casablanca', '30 2 * * *', '2026-02-14T12', '2026-02-16T12', ['15T01:30', '16T02:30']],
  ['Africa/Casablanca', '30 2 * * *', '2026-03-21T12', '2026-03-23T12', ['22T02:00', '23T01:30']],
  // A whole day that never was (30 December 2011).
  [
    'Pacific/Apia',
    '0 2 * * *',
    '2011-12-29T00',
    '2012-01-01T00',
    ['29T12:00', '30T10:00', '30T12:00', '31T12:00'],
  ],
];

/** What cron-parser calculates. */
const first = (expression: string, tz: string, currentDate: string): string | null =>
  CronExpressionParser.parse(expression, { tz, currentDate }).next().toISOString();

describe('nights on which clocks move', () => {
  it.each(nights)('%s, %s, from %s', (zone, cron, from, to, expected) => {
    const found = dueBetween(schedule(cron, zone), `${from}:00:00.000Z`, `${to}:00:00.000Z`);
    expect(found.map((at) => at.slice(8, 16))).toEqual(expected);
  });

  // Why the arithmetic is ours: cron-parser 5.10.5 moves the slots of a gap by
  // its length, takes each of them, and loses a whole day where clocks move by half an hour.
  it('is not what cron-parser does', () => {
    expect(first('30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z')).toBe(
      '2027-03-28T01:30:00.000Z',
    );
    expect(first('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T12:00:00Z')).toBe(
      '2026-10-04T15:15:00.000Z',
    );
  });
});

const zones = [
  'UTC',
  'Europe/Berlin',
  'Europe/Dublin',
  'America/New_York',
  'America/St_Johns',
  'America/Santiago',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Apia',
];
const anyZone = fc.constantFrom(...zones);
const anyTime = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2029, 0, 1) });
const anyCron = fc
  .tuple(
    fc.constantFrom('0', '30', '7', '*', '*/15', '59', '5,35', '10-20/5'),
    fc.constantFrom('*', '0', '1', '2', '3', '23', '*/2', '1-4', '8,20'),
    fc.constantFrom('*', '*', '*', '1', '29', '31', '1-7', '15,28'),
    fc.constantFrom('*', '*', '*', '2', '3,10', 'MAR-OCT'),
    fc.constantFrom('*', '*', '*', '0', '7', 'MON-FRI', '6,0'),
  )
  .map((parts) => parts.join(' '))
  .filter((cron) => !/^\S+ \S+ 31 2 \*$/.test(cron));

describe('laws', () => {
  it('agrees with cron-parser where no clock moves', () => {
    fc.assert(
      fc.property(anyCron, anyTime, (cron, time) => {
        const expression = CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: time });
        const which = schedule(cron, 'UTC');
        let at = instantOf(time);
        for (let count = 0; count < 3; count += 1) {
          at = nextDueAt(which, at);
          expect(at).toBe(expression.next().toISOString());
        }
      }),
      { numRuns: 200 },
    );
  });

  it('last and next are neighbours', () => {
    fc.assert(
      fc.property(anyCron, anyZone, anyTime, (cron, zone, time) => {
        const which = schedule(cron, zone);
        const at = instantOf(time);
        const last = lastDueAt(which, at);
        const next = nextDueAt(which, at);
        expect(last <= at).toBe(true);
        expect(next > at).toBe(true);
        expect(nextDueAt(which, last)).toBe(next);
        expect(lastDueAt(which, next)).toBe(next);
        expect(lastDueAt(which, instantOf(Date.parse(next) - 1))).toBe(last);
      }),
      { numRuns: 300 },
    );
  });

  const changes: readonly (readonly [string, string])[] = [
    ['Europe/Berlin', '2026-10-25T01:00:00Z'],
    ['Europe/Berlin', '2027-03-28T01:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
    ['America/Santiago', '2026-09-06T04:00:00Z'],
    ['America/Santiago', '2026-04-05T03:00:00Z'],
    ['Africa/Cairo', '2026-04-23T22:00:00Z'],
  ];
  it.each(changes)('last and next are neighbours when clocks move in %s at %s', (zone, change) => {
    const crons = ['5,35 * * * *', '*/15 * * * *', '15 * * * *', '30 2 * * *', '*/20 0-3 * * *'];
    for (const cron of crons) {
      const which = schedule(cron, zone);
      for (let minutes = -240; minutes <= 240; minutes += 5) {
        const at = instantOf(Date.parse(change) + minutes * 60_000);
        const last = lastDueAt(which, at);
        const next = nextDueAt(which, at);
        expect([cron, at, nextDueAt(which, last)]).toEqual([cron, at, next]);
        expect([cron, at, lastDueAt(which, addSeconds(next, -1))]).toEqual([cron, at, last]);
      }
    }
  });

  // P8: an hourly look at the world, for two years, taking a point when one is due.
  const moving = ['Europe/Berlin', 'America/Santiago', 'Africa/Casablanca', 'Australia/Lord_Howe'];
  it.each(moving)('P8: in %s every period has a point, and none has two', (zone) => {
    const start = Date.UTC(2026, 0, 1);
    const cases = [
      { cron: '30 2 * * *', slack: 25 * 3600 },
      { cron: '0 0 * * *', slack: 25 * 3600 },
      { cron: '15 * * * *', slack: 3600 },
      { cron: '0 */6 * * *', slack: 7 * 3600 },
    ];
    for (const { cron, slack } of cases) {
      const which = schedule(cron, zone);
      let newest = instantOf(start);
      const days = new Map<number, number>();
      let points = 0;
      let longest = 0;
      for (let now = start; now < start + 2 * 365 * 24 * hour; now += hour) {
        const due = lastDueAt(which, instantOf(now));
        if (due <= newest) continue;
        longest = Math.max(longest, secondsBetween(newest, due));
        newest = instantOf(now);
        points += 1;
        const { day } = bucketsOf(Date.parse(due), zone);
        days.set(day, (days.get(day) ?? 0) + 1);
      }
      expect(longest, cron).toBeLessThanOrEqual(slack);
      // The year begins in the middle of a local day.
      const counts = new Set([...days.values()].slice(1, -1));
      if (cron.startsWith('15')) expect(points).toBeGreaterThanOrEqual(2 * 365 * 24 - 2);
      // Every day of two years alike, those on which clocks move included.
      else expect(counts).toEqual(new Set([cron.includes('/6') ? 4 : 1]));
      expect(days.size).toBeGreaterThanOrEqual(729);
    }
  });
});

describe('jitter', () => {
  const nightly = schedule('0 2 * * *', 'UTC', 300);
  const uuids = Array.from(
    { length: 500 },
    (_, index) => `6a1d0000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  );

  it('is a domain’s own, within the limit, and spread', () => {
    const delays = uuids.map((uuid) => jitterOf(300, uuid));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(300);
    expect(new Set(delays).size).toBeGreaterThan(200);
    expect(jitterOf(300, uuids[7])).toBe(jitterOf(300, uuids[7]));
  });

  it('delays last and next alike', () => {
    for (const uuid of uuids.slice(0, 50)) {
      const delay = jitterOf(300, uuid);
      const due = addSeconds('2026-11-22T02:00:00.000Z', delay);
      expect(nextDueAt(nightly, '2026-11-22T01:00:00.000Z', uuid)).toBe(due);
      expect(lastDueAt(nightly, '2026-11-22T12:00:00.000Z', uuid)).toBe(due);
      expect(lastDueAt(nightly, addSeconds(due, -1), uuid)).toBe(addSeconds(due, -86_400));
    }
  });
});
