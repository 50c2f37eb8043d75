import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pointsReport } from '../../src/cli/points-report.ts';
import { readHolds } from '../../src/cli/read-holds.ts';
import { renderPoints } from '../../src/reporter/points.ts';
import { observeStore } from '../../src/store/observe.ts';
import { desiredState } from '../planner/build-policy.ts';
import { world } from '../planner/build.ts';
import {
  chainOn,
  later,
  madeStore,
  must,
  pointOf,
  publishPoints,
  temporary,
} from '../store/fixture.ts';

const live = chainOn(8);
const first = pointOf(live, 0);
const second = pointOf(live, 1);
const hold = { formatVersion: 1, who: 'ada', at: later } as const;

it('tells who holds a chain or a point, and why', async () => {
  using dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, live, [0, 1]);
  const look = async () => {
    const query = { name: 'main', path: dir.path, requireMount: false, stateDir: `${dir.path}/no` };
    const observed = { ...world(desiredState([]), [], []), stores: [await observeStore(query)] };
    const facts = { observed, timezone: 'UTC', only: null, verdicts: null, manifests: new Map() };
    return pointsReport({ ...facts, holds: readHolds(observed) });
  };
  expect((await look()).points.map(({ held, holds }) => [held, holds])).toEqual([
    [false, []],
    [false, []],
  ]);
  must(store.writeHold('web01', live, null, { ...hold, reason: 'audit until March' }));
  const { pointDirectory } = second.place;
  must(store.writeHold('web01', live, pointDirectory, { ...hold, reason: 'before the upgrade' }));
  const audit = { on: 'chain', who: 'ada', at: later, reason: 'audit until March' };
  const report = await look();
  expect(report.points.map(({ held, holds }) => [held, holds])).toEqual([
    [true, [audit]],
    [true, [audit, { ...audit, on: 'point', reason: 'before the upgrade' }]],
  ]);
  const text = renderPoints(report, { color: false, width: null, verbose: false });
  expect(text).toMatch(/ {2}chain .*, held by ada since \S+ \S+: audit until March\n/);
  expect(text).toMatch(/ {2}held {2}held by ada since \S+ \S+: before the upgrade\n/);
  // A hold that cannot be read holds all the same.
  writeFileSync(join(dir.path, 'domains/web01', live, 'hold.json'), 'nonsense');
  expect((await look()).points.map(({ held, holds }) => [held, holds.length])).toEqual([
    [true, 0],
    [true, 1],
  ]);
  must(store.removeHold('web01', live, null));
  expect((await look()).points.map(({ held }) => held)).toEqual([false, true]);
  expect(store.readHold('web01', live, first.place.pointDirectory)).toEqual({
    ok: true,
    value: null,
  });
});
