import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import { runId } from '../../src/model/identity.ts';
import { addSeconds } from '../../src/model/instant.ts';
import type { ObservedTrash } from '../../src/model/observed-store.ts';
import type { Plan } from '../../src/model/plan.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { chain } from './build-chain.ts';
import { disk, domain } from './build-domain.ts';
import { day, desiredDomain, desiredState, gib, request, uuidOf } from './build-policy.ts';
import { mainStore, memoryFor, observedState, readyStore } from './build.ts';

const run = runId('20261101T010000Z-0badcafe');

interface Shape {
  readonly fulls: readonly number[];
  readonly trash: readonly number[];
  readonly free: number;
}

/** Fulls and expired trash of so many GiB in a store with so much free above its reserve of 100 GiB. */
function planOf({ fulls, trash, free }: Shape): Plan {
  const domains = fulls.map((size, index) =>
    domain(index + 1, `vm${index + 1}`, {
      disks: [disk(`vm${index + 1}`, 'vda', 101 + index, { allocatedBytes: size * gib })],
    }),
  );
  const items = trash.map((size, index): ObservedTrash => {
    const { id } = chain(addSeconds('2026-09-01T01:00:00.000Z', index * day), 1);
    return {
      run,
      path: `.trash/${run}/old/${id}`,
      uuid: uuidOf(99),
      name: 'old',
      chain: id,
      points: 1,
      bytes: size * gib,
      trashedAt: addSeconds('2026-10-01T01:00:00.000Z', index * day),
    };
  });
  const desired = desiredState(
    fulls.map((_size, index) => desiredDomain(index + 1, `vm${index + 1}`)),
  );
  const ready = readyStore([], { freeBytes: (free + 100) * gib, trash: items });
  const store = mainStore({ ...ready, memory: memoryFor(desired, ready) });
  return planPolicy(desired, observedState(domains, [store]), request());
}

const purgesOf = ({ actions }: Plan): readonly Action[] =>
  actions.filter(({ kind }) => kind === 'purge-trash');
const writes = ({ actions }: Plan): readonly Action[] =>
  actions.filter(({ kind, blockedBy }) => kind === 'backup' && blockedBy.length === 0);
const moved = (plan: Plan): readonly Action[] => purgesOf(plan).filter(({ wave }) => wave === 20);
const sum = (actions: readonly Action[]): number =>
  actions.reduce((all, { bytes }) => all + (bytes ?? 0), 0) / gib;
const size = fc.integer({ min: 1, max: 300 });
const shapes = fc.record({
  fulls: fc.array(size, { minLength: 1, maxLength: 6 }),
  trash: fc.array(size, { maxLength: 6 }),
  free: fc.integer({ min: -100, max: 900 }),
});
const idsOf = (actions: readonly Action[]): readonly string[] =>
  actions.map(({ id }) => id).toSorted();

it('purges what is due, neither more nor less, wherever it stands', () => {
  let count = 0;
  fc.assert(
    fc.property(shapes, (shape) => {
      const plan = planOf(shape);
      count += moved(plan).length;
      expect(idsOf(purgesOf(plan))).toEqual(idsOf(purgesOf(planOf({ ...shape, free: 9000 }))));
      expect(moved(planOf({ ...shape, free: 9000 }))).toEqual([]);
    }),
  );
  expect(count).toBeGreaterThan(10);
});

it('begins only what fits above the reserve once that is purged', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const plan = planOf(shape);
      const begun = writes(plan);
      if (begun.length > 0) expect(sum(begun)).toBeLessThanOrEqual(shape.free + sum(moved(plan)));
      // What waits for a purge names the last of them, and each of them the one before.
      const waiting = begun.filter(({ dependsOn }) =>
        dependsOn.some((id) => id.startsWith('purge')),
      );
      expect(waiting.length > 0).toBe(moved(plan).length > 0);
      const chained = moved(plan).flatMap(({ dependsOn }) => dependsOn);
      expect(chained).toHaveLength(Math.max(0, moved(plan).length - 1));
      // What fits without them waits for none.
      const free = sum(begun.filter((action) => !waiting.includes(action)));
      expect(free).toBeLessThanOrEqual(Math.max(0, shape.free));
    }),
  );
});

it('moves the oldest, and no more than it must', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const plan = planOf(shape);
      const count = moved(plan).length;
      const oldest = planOf({ ...shape, trash: shape.trash.slice(0, count) });
      expect(idsOf(moved(plan))).toEqual(idsOf(moved(oldest)));
      if (count === 0) return;
      const fewer = planOf({ ...shape, trash: shape.trash.slice(0, count - 1) });
      expect(writes(fewer).length).toBeLessThan(writes(plan).length);
    }),
  );
});
