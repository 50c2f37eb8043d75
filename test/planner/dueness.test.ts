import { describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/model/instant.ts';
import { chain, directory } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import { day, desiredDomain, desiredState, hour, now } from './build-policy.ts';
import { world } from './build.ts';
import { told } from './told.ts';

const desired = desiredState([desiredDomain(1, 'web01')]);

/** web01 with one chain of daily points, the newest at an instant. */
function withNewestAt(at: string, count = 3, more: Parameters<typeof world>[3] = {}) {
  const web01 = domain(1, 'web01');
  const where = directory(web01, [chain(addSeconds(at, -(count - 1) * day), count)]);
  return world(desired, [tracked(web01, where)], [where], more);
}

describe('dueness is level-triggered', () => {
  it('is up to date when the newest point is not older than the last slot', () => {
    const { actions, verdicts, plan } = told(desired, withNewestAt('2026-11-22T01:00:00.000Z'));
    expect(actions).toEqual([]);
    expect(verdicts).toEqual({ web01: 'up-to-date not-due' });
    expect(plan.domains[0]?.nextDueAt).toBe('2026-11-23T01:00:00.000Z');
    expect(plan.domains[0]?.freshAt).toBe('2026-11-22T01:00:00.000Z');
  });

  it('is due when the newest point is earlier than the last slot', () => {
    const { backups } = told(desired, withNewestAt('2026-11-22T00:59:59.000Z'));
    expect(backups.map(({ reasons }) => reasons)).toEqual([
      [
        {
          code: 'due',
          facts: { dueAt: '2026-11-22T01:00:00.000Z', newestAt: '2026-11-22T00:59:59.000Z' },
        },
      ],
    ]);
  });

  it('G409: takes one point after three weeks of downtime, not twenty-one', () => {
    const { actions } = told(desired, withNewestAt('2026-11-01T01:00:00.000Z'));
    expect(actions).toEqual(['backup domain/web01']);
  });

  it('G409: the slot that spring skips is due once', () => {
    const cron = '30 2 * * *';
    const spring = desiredState([
      desiredDomain(1, 'web01', {
        schedule: { name: 'half', cron, timezone: 'Europe/Berlin', jitterSeconds: 0 },
      }),
    ]);
    const at = (observedAt: string, newest: string) =>
      told(spring, withNewestAt(newest, 1, { observedAt, memory: null })).actions;
    // 28 March 2027, 02:30 does not exist; the gap ends at 01:00 UTC.
    expect(at('2027-03-28T00:59:00.000Z', '2027-03-27T01:31:00.000Z')).toEqual([]);
    expect(at('2027-03-28T01:05:00.000Z', '2027-03-27T01:31:00.000Z')).toEqual([
      'backup domain/web01',
    ]);
    expect(at('2027-03-28T12:00:00.000Z', '2027-03-28T01:06:00.000Z')).toEqual([]);
  });

  it('G154: a point that is dated later than the observation is kept and not counted', () => {
    const web01 = domain(1, 'web01');
    const where = directory(web01, [
      chain('2026-11-20T01:00:00.000Z', 1),
      chain(addSeconds(now, 5 * day), 1, { digits: '00ff' }),
    ]);
    const { verdicts, notes } = told(desired, world(desired, [tracked(web01, where)], [where]));
    expect(verdicts).toEqual({ web01: 'acted-on due' });
    expect(notes).toEqual(['points-later domain/web01']);
  });

  it('takes the first point at once', () => {
    const { backups } = told(desired, world(desired, [domain(1, 'web01')], []));
    expect(backups[0]?.reasons.map(({ code }) => code)).toEqual(['due', 'no-chain']);
  });

  it('I3: the closing check counts a point that came after the plan as at its instant', async () => {
    const { planPolicy } = await import('../../src/planner/plan-policy.ts');
    const { request } = await import('./build-policy.ts');
    const plannedAt = '2026-11-22T00:59:59.000Z';
    // The point was taken at 01:00:01, after the slot of 01:00; the plan was made before it.
    const seenLater = withNewestAt('2026-11-22T01:00:01.000Z', 2, {
      observedAt: addSeconds(plannedAt, hour),
    });
    const closing = planPolicy(desired, seenLater, request(), plannedAt);
    expect(closing.actions).toEqual([]);
    expect(closing.domains[0]?.freshAt).toBe(plannedAt);
    expect(closing.plannedAt).toBe(plannedAt);
  });
});
