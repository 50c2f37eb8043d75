import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { VerifyPoints } from '../../src/model/check-action.ts';
import { addSeconds } from '../../src/model/instant.ts';
import type { ObservedPoint } from '../../src/model/observed-store.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import {
  checkedTimes,
  defaultVerifyBudget,
  depths,
  noteOfCheck,
} from '../../src/model/verification.ts';
import { leftAfter } from '../../src/planner/left-after.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { chain, directory } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import {
  day,
  desiredDomain,
  desiredState,
  desiredStore,
  now,
  request,
  retentionOf,
} from './build-policy.ts';
import { world } from './build.ts';
import { applied } from './world.ts';

const gib = 1024 ** 3;

/** A world of two domains whose points have these sizes and were checked so many days ago; null: never. */
const shapes = fc.record({
  depth: fc.constantFrom(...depths),
  everyDays: fc.integer({ min: 1, max: 20 }),
  budgetGib: fc.integer({ min: 1, max: 60 }),
  points: fc.array(
    fc.record({
      gib: fc.integer({ min: 1, max: 30 }),
      checkedDays: fc.option(fc.integer({ min: 0, max: 40 })),
      faulty: fc.boolean(),
    }),
    { minLength: 2, maxLength: 12 },
  ),
});

type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

function stateOf({ depth, everyDays, budgetGib, points }: Shape) {
  const verification = { everySeconds: everyDays * day, depth };
  const half = Math.ceil(points.length / 2);
  const directories = [points.slice(0, half), points.slice(half)].map((own, index) => {
    const made = chain(addSeconds('2026-11-22T01:00:00.000Z', -(own.length - 1) * day), own.length);
    const one = domain(index + 1, `vm${index + 1}`);
    // A faulty one at the end only: what stands on it is not valid either.
    const changed = made.points.map((point, at): ObservedPoint => {
      const shape = own[at];
      const checkedAt = addSeconds(now, -(shape?.checkedDays ?? 0) * day - 1);
      const isNever = shape === undefined || shape.checkedDays === null;
      return {
        ...point,
        bytes: (shape?.gib ?? 1) * gib,
        ...(shape?.faulty === true && at === own.length - 1
          ? { fault: 'quarantined' as const }
          : {}),
        ...(isNever
          ? {}
          : { checked: { structure: checkedAt, hash: checkedAt, replay: checkedAt } }),
      };
    });
    return { one, where: directory(one, [{ ...made, points: changed }]) };
  });
  const desired = desiredState(
    directories.map(({ one }, index) => desiredDomain(index + 1, one.name, { verification })),
    {
      stores: [
        { ...desiredStore(), verifyBudget: { rateBytesPerSecond: gib, secondsPerDay: budgetGib } },
      ],
    },
  );
  const observed = world(
    desired,
    directories.map(({ one, where }) => tracked(one, where)),
    directories.map(({ where }) => where),
  );
  return { desired, observed, everyDays, budget: budgetGib * gib };
}

const checksOf = ({ actions }: Plan): readonly VerifyPoints[] =>
  actions.filter((action) => action.kind === 'verify-points');

/** Points that could be checked, with what is known of them. */
function allPoints(observed: ObservedState, depth: VerifyPoints['depth']) {
  return observed.stores.flatMap(({ state }) =>
    state.kind !== 'ready'
      ? []
      : state.directories.flatMap(({ uuid, chains }) =>
          chains.flatMap(({ id, points }) =>
            points
              .filter(({ fault }) => fault === undefined)
              .map(({ sequence, at, checked, bytes }) => {
                return {
                  key: `${uuid}/${id}/${sequence}`,
                  at,
                  bytes,
                  last: checked?.[depth] ?? null,
                };
              }),
          ),
        ),
  );
}

it('checks what was never checked first, the newest before all, then what was checked longest ago', () => {
  let chosen = 0;
  let waiting = 0;
  fc.assert(
    fc.property(shapes, (shape) => {
      const { desired, observed, everyDays, budget } = stateOf(shape);
      const plan = planPolicy(desired, observed, request());
      const planned = checksOf(plan).flatMap(({ domain: { uuid }, points }) =>
        points.map((point) => ({ ...point, key: `${uuid}/${point.chain}/${point.sequence}` })),
      );
      const taken = new Set(planned.map(({ key }) => key));
      expect(taken.size).toBe(planned.length);
      const due = allPoints(observed, shape.depth).filter(
        ({ last }) => last === null || addSeconds(last, everyDays * day) <= now,
      );
      const left = due.filter(({ key }) => !taken.has(key));
      expect(planned.length + left.length).toBe(due.length);
      chosen += planned.length;
      waiting += left.length;
      for (const one of due.filter(({ key }) => taken.has(key))) {
        for (const other of left) {
          if (one.last === null && other.last === null) expect(one.at >= other.at).toBe(true);
          else if (one.last === null || other.last === null) expect(one.last).toBeNull();
          else expect(one.last <= other.last).toBe(true);
        }
      }
      const read = planned.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(planned.length <= 1 || read <= budget).toBe(true);
    }),
  );
  expect(chosen).toBeGreaterThan(50);
  expect(waiting).toBeGreaterThan(50);
});

it('checks nothing twice, and all of it within some days', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const { desired, observed } = stateOf(shape);
      const first = planPolicy(desired, observed, request());
      const after = applied(observed, first.actions);
      const again = planPolicy(desired, after, request(), first.plannedAt);
      expect(leftAfter([first], again)).toEqual([]);
      // Each day at least one more is checked, so that all are, before the first is due again.
      let state = observed;
      const seen = new Set<string>();
      for (let days = 0; days < 15; days += 1) {
        const later = { ...state, observedAt: addSeconds(now, days * (day + 1)) };
        const plan = planPolicy(desired, later, request());
        for (const action of checksOf(plan)) {
          for (const point of action.points)
            seen.add(`${action.domain.uuid}/${point.chain}/${point.sequence}`);
          state = applied(later, [action]);
        }
      }
      const never = allPoints(observed, shape.depth).filter(({ last }) => last === null);
      expect(never.filter(({ key }) => !seen.has(key))).toEqual([]);
    }),
  );
});

it('reads as fast as the store allows, a hundred MiB a second where it says nothing', () => {
  const one = domain(1, 'web01');
  const where = directory(one, [chain('2026-11-21T01:00:00.000Z', 2)]);
  const rule = { verification: { everySeconds: 7 * day, depth: 'hash' as const } };
  const desired = desiredState([desiredDomain(1, 'web01', rule)]);
  const plan = planPolicy(desired, world(desired, [tracked(one, where)], [where]), request());
  expect(checksOf(plan).map(({ rateBytesPerSecond }) => rateBytesPerSecond)).toEqual([
    defaultVerifyBudget.rateBytesPerSecond,
  ]);
});

const daily = { verification: { everySeconds: day, depth: 'hash' as const } };

/** Sequences that are checked, by chain. */
const checkedIn = (plan: Plan): Readonly<Record<string, readonly number[]>> => {
  const found: Record<string, number[]> = {};
  for (const { points } of checksOf(plan)) {
    for (const { chain: id, sequence } of points) (found[id] ??= []).push(sequence);
  }
  return found;
};

it('checks a chain whose deletion a guard keeps from being done, and none that goes', () => {
  const one = domain(1, 'web01');
  const [older, newer] = [
    chain('2026-11-18T01:00:00.000Z', 2),
    chain('2026-11-20T01:00:00.000Z', 2),
  ];
  const where = directory(one, [older, newer]);
  const rule = { ...daily, retention: retentionOf({ last: 1 }) };
  const goes = desiredState([desiredDomain(1, 'web01', rule)]);
  const observed = world(goes, [tracked(one, where)], [where]);
  const plan = planPolicy(goes, observed, request());
  expect(trashedBy(plan)).toEqual([[older.id, []]]);
  expect(checkedIn(plan)).toEqual({ [newer.id]: [1, 0] });
  // Nobody said that it has another name now.
  const renamed = desiredState([desiredDomain(1, 'web-new', rule)]);
  const stays = world(renamed, [tracked(domain(1, 'web-new'), where)], [where]);
  const kept = planPolicy(renamed, stays, request());
  expect(trashedBy(kept)).toEqual([[older.id, ['G211']]]);
  expect(checkedIn(kept)).toEqual({ [newer.id]: [1, 0], [older.id]: [1, 0] });
});

const trashedBy = ({ actions }: Plan) =>
  actions.flatMap((action) =>
    action.kind === 'trash-chain' ? [[action.chain, action.blockedBy]] : [],
  );

it('takes no word of a clock that was ahead: neither the date of a point nor that of a check', () => {
  const one = domain(1, 'web01');
  const late = addSeconds(now, 30 * day);
  const made = chain(late, 2);
  const points = made.points.map((point) => ({
    ...point,
    checked: { structure: late, hash: late },
  }));
  const where = directory(one, [{ ...made, points }]);
  const desired = desiredState([desiredDomain(1, 'web01', daily)], {
    // Less than what those checks would have read.
    stores: [{ ...desiredStore(), verifyBudget: { rateBytesPerSecond: gib, secondsPerDay: 10 } }],
  });
  const observed = world(desired, [tracked(one, where)], [where]);
  const plan = planPolicy(desired, observed, request());
  expect(checkedIn(plan)).toEqual({ [made.id]: [1, 0] });
  const after = applied(observed, plan.actions);
  expect(checksOf(planPolicy(desired, after, request(), plan.plannedAt))).toEqual([]);
});

it('notes a check over a deeper one that is dated later', () => {
  const late = addSeconds(now, day);
  const before = { structure: late, hash: late, replay: late };
  expect(checkedTimes(noteOfCheck(now, 'structure', before))).toEqual({ structure: now });
  const earlier = addSeconds(now, -day);
  const sound = { structure: earlier, hash: earlier, replay: earlier };
  expect(checkedTimes(noteOfCheck(now, 'structure', sound))).toEqual({
    structure: now,
    hash: earlier,
    replay: earlier,
  });
});
