import { expect, it } from 'vitest';
import type { ObservedChain } from '../../src/model/observed-store.ts';
import { runnableActions } from '../../src/model/plan.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { contentsAt } from '../../src/simulator/forecast/mirror-world.ts';
import { startFromNothing } from '../../src/simulator/forecast/start-from-nothing.ts';
import { stepWorld } from '../../src/simulator/forecast/step.ts';
import { readyStores, worldAt, type World } from '../../src/simulator/forecast/world.ts';
import { desiredMirror } from '../planner/build-mirror.ts';
import { day, desiredDomain, desiredState, gib, retentionOf } from '../planner/build-policy.ts';

const begin = Date.parse('2026-09-01T00:30:00.000Z');
const at = (index: number): string => new Date(begin + index * day * 1000).toISOString();

const desired = desiredState(
  [
    desiredDomain(1, 'web01', {
      schedule: { name: 'nightly', cron: '30 0 * * *', timezone: 'UTC', jitterSeconds: 0 },
      retention: retentionOf({ last: 5 }, { chain: { maxPoints: 3, maxAgeSeconds: null } }),
      mirrors: ['nas'],
    }),
  ],
  {
    timezone: 'UTC',
    mirrors: [
      desiredMirror({
        retention: retentionOf({ daily: 20 }, { minPoints: 2 }),
        trashKeepSeconds: 3 * day,
      }),
    ],
  },
);

const sizes = {
  startMs: begin,
  yearlyGrowth: 0,
  domains: new Map(
    desired.domains.map(({ uuid }) => [
      uuid,
      { disks: new Map([['vda', 8 * gib]]), dailyChange: 0.02 },
    ]),
  ),
};

/** Days of the points of whole chains of three in which one is among the last so many. */
function keptDays(today: number, last: number): readonly number[] {
  const oldest = Math.max(0, today - last + 1);
  const from = oldest - (oldest % 3);
  return Array.from({ length: today - from + 1 }, (_none, index) => from + index);
}

const daysIn = (chains: readonly ObservedChain[]): readonly number[] =>
  chains
    .flatMap(({ points }) => points.map((point) => (Date.parse(point.at) - begin) / day / 1000))
    .toSorted((a, b) => a - b);

const chainsHere = ({ observed }: World): readonly ObservedChain[] =>
  readyStores(observed).flatMap(({ state }) => state.directories.flatMap(({ chains }) => chains));

it('keeps what each side keeps by its own rule, for ninety days', () => {
  let world = startFromNothing(desired, at(0), 20 * gib);
  let [deleted, deletedThere, removedThere] = [0, 0, 0];
  for (let today = 0; today < 90; today += 1) {
    const step = stepWorld(world, at(today), sizes);
    ({ world } = step);
    deleted += step.events.filter(({ kind }) => kind === 'trash').length;
    deletedThere += step.copies.filter(({ event }) => event.kind === 'trash').length;
    removedThere += step.copies.filter(({ event }) => event.kind === 'purge').length;
    const [content] = contentsAt(world.observed, 'nas');
    const there = content?.directories.flatMap(({ chains }) => chains) ?? [];
    expect(daysIn(chainsHere(world)), `the store on day ${today}`).toEqual(keptDays(today, 5));
    expect(daysIn(there), `the mirror on day ${today}`).toEqual(keptDays(today, 20));
    // A deleted copy has its data for three days.
    const hidden = content?.directories.flatMap(({ deleted: all }) => all) ?? [];
    for (const { deletedAt } of hidden) {
      expect(Date.parse(deletedAt ?? '')).toBeGreaterThan(Date.parse(at(today)) - 3 * day * 1000);
    }
    // I3: on either side nothing is left to do.
    const { observed } = worldAt(world, at(today));
    const again = planPolicy(desired, observed, {
      targets: null,
      now: [],
      allow: [],
      unattended: false,
    });
    expect(runnableActions(again).map(({ id }) => id)).toEqual([]);
  }
  expect([deleted, deletedThere, removedThere]).toEqual([28, 23, 22]);
});
