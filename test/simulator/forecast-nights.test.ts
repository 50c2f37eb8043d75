import { describe, expect, it } from 'vitest';
import { instantOf } from '../../src/model/instant.ts';
import { nextDueAt } from '../../src/schedule/due.ts';
import { clockChanges } from '../../src/simulator/forecast/clock-changes.ts';

const hourMs = 3_600_000;
const schedule = (cron: string, timezone: string) => ({
  name: cron,
  cron,
  timezone,
  jitterSeconds: 0,
});

/** How often a schedule is due in the three hours around a move of the clocks. */
function dueAround(cron: string, timezone: string, at: string): number {
  const until = Date.parse(at) + 2 * hourMs;
  let count = 0;
  let due = nextDueAt(schedule(cron, timezone), instantOf(Date.parse(at) - hourMs - 1));
  for (; Date.parse(due) < until; count += 1) due = nextDueAt(schedule(cron, timezone), due);
  return count;
}

describe('nights in which clocks are moved', () => {
  const year = [Date.parse('2026-01-01T00:00:00.000Z'), Date.parse('2027-01-01T00:00:00.000Z')];
  const [from = 0, until = 0] = year;

  it('are those of the zone, with what each schedule does there', () => {
    const crons = ['30 2 * * *', '15 * * * *', '0 4 * * *'];
    const found = clockChanges(
      crons.map((cron) => schedule(cron, 'Europe/Berlin')),
      from,
      until,
    );
    expect(found).toEqual([
      {
        at: '2026-03-29T01:00:00.000Z',
        timezone: 'Europe/Berlin',
        shiftSeconds: 3600,
        schedules: [
          { name: '0 4 * * *', cron: '0 4 * * *', effect: 'none', times: [] },
          { name: '15 * * * *', cron: '15 * * * *', effect: 'elapsed', times: ['02:15'] },
          { name: '30 2 * * *', cron: '30 2 * * *', effect: 'late', times: ['02:30'] },
        ],
      },
      {
        at: '2026-10-25T01:00:00.000Z',
        timezone: 'Europe/Berlin',
        shiftSeconds: -3600,
        schedules: [
          { name: '0 4 * * *', cron: '0 4 * * *', effect: 'none', times: [] },
          { name: '15 * * * *', cron: '15 * * * *', effect: 'each', times: ['02:15'] },
          { name: '30 2 * * *', cron: '30 2 * * *', effect: 'first', times: ['02:30'] },
        ],
      },
    ]);
    // What is told is what the schedule does: once in both nights, and once each hour that passes.
    for (const { at } of found) {
      expect(dueAround('30 2 * * *', 'Europe/Berlin', at)).toBe(1);
      expect(dueAround('15 * * * *', 'Europe/Berlin', at)).toBe(3);
    }
  });

  it('are half an hour on Lord Howe, and none in UTC', () => {
    const [first] = clockChanges([schedule('45 1 * * *', 'Australia/Lord_Howe')], from, until);
    expect(first).toMatchObject({ shiftSeconds: -1800, schedules: [{ times: ['01:45'] }] });
    expect(clockChanges([schedule('30 2 * * *', 'UTC')], from, until)).toEqual([]);
  });
});
