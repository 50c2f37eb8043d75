import { expect, it } from 'vitest';
import { storeFindings } from '../../src/cli/doctor-store.ts';
import { addSeconds } from '../../src/model/instant.ts';
import { day, desiredState, desiredStore, gib, now } from '../planner/build-policy.ts';
import { memoryFor, readyStore } from '../planner/build.ts';

const ready = readyStore([], { freeBytes: 500 * gib });
const space = Array.from({ length: 20 }, (_none, index) => ({
  at: addSeconds(now, -(20 - index) * day),
  usedBytes: (500 - (20 - index) * 40) * gib,
}));
const state = { ...ready, memory: memoryFor(desiredState([]), ready, { space }) };
const desired = { ...desiredStore(), reserve: { kind: 'percent' as const, percent: 10 } };

const codesOf = (alertSeconds?: number): readonly string[] =>
  storeFindings(
    { name: 'main', path: '/backups', state },
    alertSeconds === undefined ? desired : { ...desired, alertSeconds },
    { removed: [] },
    now,
  ).map(({ severity, code, message }) => `${severity} ${code}: ${message}`);

it('warns of a store that fills within its alert', () => {
  const fills =
    'warning store-fills: it will be full on 2026-12-02, at 42949672960 bytes a day since 2026-11-02';
  expect(codesOf()).toEqual(['ok store: /backups is ready', fills]);
  expect(codesOf(10 * day)).toEqual(['ok store: /backups is ready', fills]);
  expect(codesOf(9 * day)).toEqual(['ok store: /backups is ready']);
});
