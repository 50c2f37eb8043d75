import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DesiredDomain, DesiredMirror, Keep } from '../../src/model/desired.ts';
import { millisecondsOf } from '../../src/model/instant.ts';
import type { CopyEvent } from '../../src/simulator/forecast/copy-events.ts';
import type { ForecastEvent } from '../../src/simulator/forecast/forecast-event.ts';
import { forecast } from '../../src/simulator/forecast/forecast.ts';
import { runWorld } from '../../src/simulator/forecast/run-world.ts';
import { startFromNothing } from '../../src/simulator/forecast/start-from-nothing.ts';
import { startFromObserved } from '../../src/simulator/forecast/start-from-observed.ts';
import type { GuardEvent } from '../../src/simulator/forecast/step.ts';
import type { World } from '../../src/simulator/forecast/world.ts';
import { stateOf, worldShape } from '../planner/arbitrary.ts';
import { desiredMirror } from '../planner/build-mirror.ts';
import {
  day,
  desiredDomain,
  desiredState,
  gib,
  hour,
  retentionOf,
} from '../planner/build-policy.ts';

const dayMs = day * 1000;

function sizesOf({ desired }: World, startMs: number) {
  return {
    startMs,
    yearlyGrowth: 0.1,
    domains: new Map(
      desired.domains.map(({ uuid }) => [
        uuid,
        { disks: new Map([['vda', 8 * gib]]), dailyChange: 0.02 },
      ]),
    ),
  };
}

/** What an event is, but for the digits of ids: those of points that were gone over are zeros. */
const lineOf = (event: ForecastEvent): string =>
  [
    new Date(event.atMs).toISOString(),
    event.uuid.slice(-2),
    event.kind,
    event.kind === 'backup'
      ? `${event.level} ${event.why.join(' ')}`
      : `${event.chain} ${event.points}`,
    event.bytes,
  ].join(' ');

const copyLine = ({ mirror, event }: CopyEvent): string => `${lineOf(event)} at ${mirror}`;

/** Guards that speak of one domain and that a yes lifts; a plan of all also has those of the host. */
const guardLines = (guards: readonly GuardEvent[]): readonly string[] =>
  guards
    .filter(({ effect, scope }) => effect === 'allowed' && scope.includes('domain/'))
    .map(
      ({ atMs, code, scope, chains }) =>
        `${new Date(atMs).toISOString()} ${code} ${scope} ${chains}`,
    );

function both(start: World, days: number): { readonly plain: string[]; readonly fast: string[] } {
  const startMs = millisecondsOf(start.observed.observedAt);
  const options = { untilMs: startMs + days * dayMs, sizes: sizesOf(start, startMs) };
  const all = runWorld(start, { ...options, plain: true });
  const plain = [...all.events.map(lineOf), ...all.copies.map(copyLine), ...guardLines(all.guards)];
  const fast = forecast(start, options).flatMap(({ uuids, events, copies, guards }) => [
    ...uuids.flatMap((uuid) =>
      copies.map(({ mirror, event }) =>
        copyLine({ mirror, event: event.uuid === uuids[0] ? { ...event, uuid } : event }),
      ),
    ),
    ...uuids.flatMap((uuid) =>
      events.map((event) => lineOf(event.uuid === uuids[0] ? { ...event, uuid } : event)),
    ),
    ...guardLines(guards),
  ]);
  return { plain: plain.toSorted(), fast: fast.toSorted() };
}

const maybe = (most: number) => fc.option(fc.integer({ min: 1, max: most }), { nil: undefined });

const keeps: fc.Arbitrary<Keep | null> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  {
    weight: 6,
    arbitrary: fc
      .record({
        chains: maybe(4),
        last: maybe(20),
        hourly: maybe(48),
        daily: maybe(20),
        weekly: maybe(6),
        monthly: maybe(4),
        yearly: maybe(2),
        withinSeconds: fc.option(
          fc.integer({ min: 1, max: 40 }).map((days) => days * day),
          { nil: undefined },
        ),
      })
      .map((keep) => {
        const said = Object.entries(keep).filter(([, value]) => value !== undefined);
        return said.length === 0 ? { last: 3 } : Object.fromEntries(said);
      }),
  },
);

const crons = [
  '0 2 * * *',
  '30 2 * * *',
  '0 */6 * * *',
  '0 3 * * 0',
  '15 1 1,15 * *',
  '0 22 * * 1-5',
];

const rules: fc.Arbitrary<Partial<DesiredDomain>> = fc
  .record({
    cron: fc.constantFrom(...crons),
    timezone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'),
    keep: keeps,
    maxPoints: fc.integer({ min: 1, max: 20 }),
    maxAge: fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
    minPoints: fc.integer({ min: 1, max: 4 }),
    tracker: fc.constantFrom('auto', 'auto', 'auto', 'never' as const),
  })
  .map(({ cron, timezone, keep, maxPoints, maxAge, minPoints, tracker }) => ({
    schedule: { name: cron, cron, timezone, jitterSeconds: 0 },
    tracker: tracker === 'never' ? 'never' : 'auto',
    retention: retentionOf(keep, {
      chain: { maxPoints, maxAgeSeconds: maxAge === null ? null : maxAge * day + hour },
      minPoints,
    }),
  }));

const mirrorRules: fc.Arbitrary<Partial<DesiredMirror>> = fc
  .record({
    keep: keeps,
    minPoints: fc.integer({ min: 1, max: 3 }),
    cron: fc.constantFrom(null, null, null, '10 4 * * *', '10 5 * * 6'),
    deletes: fc.constantFrom('allowed', 'allowed', 'never' as const),
    trashKeep: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ keep, minPoints, cron, deletes, trashKeep }) => ({
    retention: retentionOf(keep, { minPoints }),
    schedule:
      cron === null ? null : { name: cron, cron, timezone: 'Europe/Berlin', jitterSeconds: 0 },
    deletes: deletes === 'never' ? 'never' : 'allowed',
    trashKeepSeconds: trashKeep * day + 7 * hour,
  }));

describe('going over routine nights', { timeout: 300_000 }, () => {
  it('gives the backups and deletions of plans of everything at every instant', () => {
    let deletions = 0;
    fc.assert(
      fc.property(
        fc.array(rules, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 365 }),
        (all, offset) => {
          const desired = desiredState(
            all.map((rule, index) => desiredDomain(index + 1, `d${index}`, rule)),
          );
          const at = new Date(
            Date.parse('2026-01-01T09:00:00.000Z') + offset * dayMs,
          ).toISOString();
          const { plain, fast } = both(startFromNothing(desired, at, 20 * gib), 70);
          deletions += plain.filter((line) => line.includes(' trash ')).length;
          expect(fast).toEqual(plain);
        },
      ),
      { numRuns: 12, seed: 3 },
    );
    expect(deletions).toBeGreaterThan(20);
  });

  it('gives the same copies at mirrors, and the same deletions there', () => {
    let [deletions, copies, leaps] = [0, 0, 0];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(rules, fc.subarray(['nas', 'far'], { minLength: 1 })), {
          minLength: 1,
          maxLength: 2,
        }),
        fc.tuple(mirrorRules, mirrorRules),
        fc.integer({ min: 0, max: 365 }),
        (all, [nas, far], offset) => {
          const desired = desiredState(
            all.map(([rule, mirrors], index) =>
              desiredDomain(index + 1, `d${index}`, { ...rule, mirrors }),
            ),
            {
              mirrors: [
                desiredMirror({ name: 'nas', ...nas }),
                desiredMirror({ name: 'far', ...far }),
              ],
            },
          );
          const at = new Date(
            Date.parse('2026-01-01T09:00:00.000Z') + offset * dayMs,
          ).toISOString();
          const { plain, fast } = both(startFromNothing(desired, at, 20 * gib), 50);
          const there = plain.filter((line) => line.includes(' at '));
          deletions += there.filter((line) => line.includes(' trash ')).length;
          copies += there.filter((line) => line.includes(' backup ')).length;
          leaps += plain.filter((line) => line.includes(' increment ')).length;
          expect(fast).toEqual(plain);
        },
      ),
      { numRuns: 5, seed: 5 },
    );
    expect(deletions).toBeGreaterThan(10);
    expect(copies).toBeGreaterThan(300);
    expect(leaps).toBeGreaterThan(300);
  });

  it('gives the same from whatever was observed', () => {
    let [deletions, leaps] = [0, 0];
    fc.assert(
      fc.property(worldShape, (shape) => {
        const { desired, observed } = stateOf(shape);
        const start = startFromObserved(desired, observed, observed.observedAt);
        if (!start.ok || start.value.world.desired.domains.length === 0) return;
        const { plain, fast } = both(start.value.world, 45);
        deletions += plain.filter((line) => line.includes(' trash ')).length;
        leaps += plain.filter((line) => line.includes(' increment ')).length;
        expect(fast).toEqual(plain);
      }),
      { numRuns: 28, seed: 77 },
    );
    expect(deletions).toBeGreaterThan(10);
    expect(leaps).toBeGreaterThan(100);
  });
});
