import { describe, expect, it } from 'vitest';
import type { DesiredDomain } from '../../src/model/desired.ts';
import { addSeconds, instantOf, type Instant } from '../../src/model/instant.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import { runnableActions } from '../../src/model/plan.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { domain } from './build-domain.ts';
import { day, desiredDomain, desiredState, hour, request, retentionOf } from './build-policy.ts';
import { world as build } from './build.ts';
import { applied } from './world.ts';

const web01 = domain(1, 'web01');

/** The instants of all points that a loop takes which plans and applies every hour. */
function pointsOf(
  rule: Partial<DesiredDomain>,
  from: Instant,
  days: number,
  stepSeconds = hour,
): { readonly taken: readonly Instant[]; readonly state: ObservedState; readonly most: number } {
  const desired = desiredState([desiredDomain(1, 'web01', rule)], {
    timezone: rule.schedule?.timezone ?? 'Europe/Berlin',
  });
  const first = build(desired, [web01], [], { observedAt: from });
  const taken: Instant[] = [];
  let state = first;
  let most = 0;
  for (let seconds = 0; seconds < days * day; seconds += stepSeconds) {
    const observedAt = addSeconds(from, seconds);
    // Both clocks go on together, and each apply is remembered.
    const host = { ...first.host, bootClockSeconds: 9 * day + seconds };
    const stores = state.stores.map((store) =>
      store.state.kind === 'ready' && store.state.memory !== null
        ? {
            ...store,
            state: {
              ...store.state,
              memory: {
                ...store.state.memory,
                at: observedAt,
                bootClockSeconds: host.bootClockSeconds,
              },
            },
          }
        : store,
    );
    const observed = { ...state, observedAt, host, stores };
    const plan = planPolicy(desired, observed, request());
    const actions = runnableActions(plan);
    if (actions.some(({ kind }) => kind === 'backup')) taken.push(observedAt);
    state = applied(observed, actions);
    for (const { state: store } of state.stores) {
      if (store.kind === 'ready') most = Math.max(most, store.directories[0]?.chains.length ?? 0);
    }
  }
  return { taken, state, most };
}

const schedule = (cron: string, timezone: string): Partial<DesiredDomain> => ({
  schedule: { name: 's', cron, timezone, jitterSeconds: 0 },
});

describe('P8: hour by hour through the nights on which clocks change', { timeout: 120_000 }, () => {
  // Chatham moves by an hour at 02:45, Lord Howe by half an hour.
  it.each([
    ['Europe/Berlin', '2027-03-24T12:10:00.000Z'],
    ['Europe/Berlin', '2027-10-27T12:10:00.000Z'],
    ['America/New_York', '2027-03-10T12:10:00.000Z'],
    ['America/New_York', '2027-11-03T12:10:00.000Z'],
    ['Pacific/Chatham', '2027-09-22T12:10:00.000Z'],
    ['Australia/Lord_Howe', '2027-04-01T12:10:00.000Z'],
    ['UTC', '2027-03-24T12:10:00.000Z'],
  ])('one point a night in %s from %s', (timezone, from) => {
    const { taken } = pointsOf(schedule('30 2 * * *', timezone), from, 8);
    // The first at once, then one for each of the eight nights.
    expect(taken).toHaveLength(9);
    const gaps = taken
      .slice(2)
      .map((at, index) => Date.parse(at) - Date.parse(taken[index + 1] ?? at));
    for (const gap of gaps) expect(Math.abs(gap - day * 1000)).toBeLessThanOrEqual(2 * hour * 1000);
  });

  it('one point an hour, the repeated and the skipped one too', () => {
    const from = '2027-10-30T12:20:00.000Z';
    const { taken } = pointsOf(schedule('15 * * * *', 'Europe/Berlin'), from, 2);
    expect(taken).toEqual(
      Array.from({ length: 48 }, (_none, index) => addSeconds(from, index * hour)),
    );
  });

  it('whatever the step of the loop, no slot is taken twice', () => {
    for (const step of [300, 1200, 7 * hour]) {
      const { taken } = pointsOf(
        schedule('30 2 * * *', 'Europe/Berlin'),
        '2027-03-26T12:10:00.000Z',
        4,
        step,
      );
      expect(taken).toHaveLength(5);
    }
  });
});

describe('a year of nights', { timeout: 120_000 }, () => {
  it('keeps what its rules say, and never more chains than they need', () => {
    const rule = {
      ...schedule('0 2 * * *', 'Europe/Berlin'),
      retention: retentionOf(
        { last: 7, daily: 14, weekly: 8, monthly: 12 },
        { chain: { maxPoints: 14, maxAgeSeconds: null }, minPoints: 2 },
      ),
    };
    const { taken, state, most } = pointsOf(rule, '2026-01-01T12:10:00.000Z', 365, 12 * hour);
    expect(taken).toHaveLength(365);
    const [store] = state.stores;
    if (store?.state.kind !== 'ready') throw new Error('no store');
    const kept = store.state.directories[0]?.chains ?? [];
    // 12 months, 8 weeks and 14 days fall into at most this many chains of two weeks.
    expect(kept.length).toBeGreaterThanOrEqual(12);
    expect(most).toBeLessThanOrEqual(17);
    const months = new Set(
      kept.flatMap(({ points }) => points).map(({ at }) => instantOf(Date.parse(at)).slice(0, 7)),
    );
    expect(months.size).toBeGreaterThanOrEqual(12);
    // The trash holds the rest: nothing else was lost.
    const all = kept.flatMap(({ points }) => points).length;
    const trashed = store.state.trash.reduce((sum, { points }) => sum + points, 0);
    expect(trashed).toBeLessThanOrEqual(365 - all);
    expect(all).toBeLessThan(365);
  });
});
