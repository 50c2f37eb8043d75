import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Backup } from '../../src/model/backup-action.ts';
import type { CopyPoints, HideCopies } from '../../src/model/copy-action.ts';
import { addSeconds } from '../../src/model/instant.ts';
import type { ObservedMirrorDirectory } from '../../src/model/observed-mirror.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import { runnableActions, type Plan, type Request } from '../../src/model/plan.ts';
import { unseen } from '../../src/model/result.ts';
import { memoryOf } from '../../src/planner/memory.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { stateOf, worldShape } from './arbitrary.ts';
import { domain } from './build-domain.ts';
import { desiredMirror, mirrorSeen } from './build-mirror.ts';
import { day, desiredDomain, desiredState, request, retentionOf } from './build-policy.ts';
import { world } from './build.ts';
import { keepShape } from './keep-shape.ts';
import { applied } from './world.ts';

// Enough to find what broke each law on purpose.
const runs = { numRuns: 150 };

const everywhere: Request['allow'] = [
  { code: 'G201', scope: 'host' },
  { code: 'G201', scope: 'mirror/nas' },
  { code: 'G153', scope: 'mirror/nas' },
  ...[1, 2, 3, 4, 5].flatMap((number) => [
    { code: 'G201', scope: `domain/vm${number}` },
    { code: 'G201', scope: `nas:domain/vm${number}` },
    { code: 'G210', scope: `nas:domain/vm${number}` },
  ]),
];

const copiesOf = (plan: Plan): readonly CopyPoints[] =>
  runnableActions(plan).filter((action): action is CopyPoints => action.kind === 'copy-points');
const hidesOf = (plan: Plan): readonly HideCopies[] =>
  runnableActions(plan).filter((action): action is HideCopies => action.kind === 'hide-copies');

function directoriesThere({ mirrors }: ObservedState): readonly ObservedMirrorDirectory[] {
  return mirrors.flatMap(({ stores }) =>
    stores.flatMap(({ state }) => (state.seen ? state.value.directories : [])),
  );
}

const chainThere = (observed: ObservedState, uuid: string, chain: string) =>
  directoriesThere(observed)
    .find((one) => one.uuid === uuid)
    ?.chains.find(({ id }) => id === chain);

describe('laws of mirrors', { timeout: 120_000 }, () => {
  it('a copied point has everything that it stands on beside it', () => {
    let copied = 0;
    fc.assert(
      fc.property(worldShape, (shape) => {
        const { desired, observed } = stateOf(shape);
        let state = observed;
        for (const action of runnableActions(planPolicy(desired, observed, request()))) {
          state = applied(state, [action]);
          if (action.kind !== 'copy-points') continue;
          copied += action.points.length;
          const points = chainThere(state, action.domain.uuid, action.chain)?.points ?? [];
          const places = action.points.map(({ sequence }) => sequence);
          const newest = Math.max(...places);
          const before = points.filter(({ sequence }) => sequence <= newest);
          expect(before.map(({ sequence, fault }) => [sequence, fault])).toEqual(
            before.map((_point, index) => [index, undefined]),
          );
        }
      }),
      runs,
    );
    expect(copied).toBeGreaterThan(200);
  });

  it('deletions there: unheld, above the floor, never the newest, only where there is a right to', () => {
    let hidden = 0;
    fc.assert(
      fc.property(plainWorlds('any'), (shape) => {
        const { desired, observed } = stateOf(shape);
        const plan = planPolicy(desired, observed, request({ allow: everywhere }));
        const floor = desired.mirrors[0]?.retention.minPoints ?? 1;
        let state = observed;
        for (const action of runnableActions(plan)) {
          const before = state;
          state = applied(state, [action]);
          if (action.kind !== 'hide-copies') continue;
          hidden += 1;
          const { uuid } = action.domain;
          const chain = chainThere(before, uuid, action.chain);
          expect(chain?.held).toBe(false);
          expect(action.mirror.deletes).toBe('allowed');
          const valid = (at: ObservedState) =>
            (directoriesThere(at).find((one) => one.uuid === uuid)?.chains ?? [])
              .flatMap(({ points }) => points)
              .filter(({ fault }) => fault === undefined)
              .toSorted((a, b) => (a.at < b.at ? -1 : 1));
          const left = valid(state);
          expect(left.length).toBeGreaterThanOrEqual(Math.min(floor, valid(before).length));
          expect(left.at(-1)?.id).toBe(valid(before).at(-1)?.id);
        }
      }),
      runs,
    );
    expect(hidden).toBeGreaterThan(20);
  });

  it('I9: what a mirror shows, or does not, changes no backup and no repair', () => {
    let backups = 0;
    fc.assert(
      fc.property(worldShape, (shape) => {
        const { desired, observed } = stateOf(shape);
        const local = (state: ObservedState) =>
          planPolicy(desired, state, request()).actions.filter(
            ({ wave }) => wave === 10 || wave === 20,
          );
        const away = {
          ...observed,
          mirrors: observed.mirrors.map(({ name, stores }) => ({
            name,
            stores: stores.map(({ store }) => ({
              store,
              state: unseen('mirror-unreachable', 'no route to host'),
            })),
          })),
        };
        const actions = local(observed);
        backups += actions.filter((action): action is Backup => action.kind === 'backup').length;
        expect(local(away)).toEqual(actions);
        expect(local({ ...observed, mirrors: [] })).toEqual(actions);
        const plan = planPolicy(desired, away, request());
        expect(plan.actions.filter((action) => 'mirror' in action)).toEqual([]);
      }),
      runs,
    );
    expect(backups).toBeGreaterThan(50);
  });

  it('G207: what goes here, and the mirror keeps, is whole there by then', () => {
    let gone = 0;
    fc.assert(
      fc.property(plainWorlds('all'), (shape) => {
        const { desired, observed } = stateOf(shape);
        const plan = planPolicy(desired, observed, request({ allow: everywhere }));
        let state = observed;
        for (const action of runnableActions(plan)) {
          const before = state;
          state = applied(state, [action]);
          if (action.kind !== 'trash-chain') continue;
          if (action.reasons[0]?.code !== 'kept-by-no-rule') continue;
          const rule = desired.domains.find(({ uuid }) => uuid === action.domain.uuid);
          if (rule?.mirrors.length !== 1 || desired.mirrors[0]?.retention.keep !== null) continue;
          gone += 1;
          const valid = before.stores
            .flatMap(({ state: store }) => (store.kind === 'ready' ? store.directories : []))
            .find(({ uuid }) => uuid === rule.uuid)
            ?.chains.find(({ id }) => id === action.chain)
            ?.points.filter(({ fault }) => fault === undefined);
          const there = chainThere(before, rule.uuid, action.chain)?.points;
          for (const { id } of valid ?? []) {
            expect(there?.find((point) => point.id === id)).toMatchObject({ id });
            expect(there?.find((point) => point.id === id)?.fault).toBeUndefined();
          }
        }
      }),
      runs,
    );
    expect(gone).toBeGreaterThan(20);
  });

  it('nothing is copied again that was deleted there, in sixty nights of any two retentions', () => {
    let hides = 0;
    let copies = 0;
    fc.assert(
      fc.property(nights, (rules) => {
        const hidden = new Set<string>();
        for (const plan of sixtyNights(rules)) {
          for (const { chain } of copiesOf(plan)) {
            copies += 1;
            expect(hidden).not.toContain(chain);
          }
          for (const { chain } of hidesOf(plan)) {
            hides += 1;
            hidden.add(chain);
          }
        }
      }),
      { numRuns: 25 },
    );
    expect(copies).toBeGreaterThan(1000);
    expect(hides).toBeGreaterThan(50);
  });
});

const nights = fc.record({
  local: keepShape,
  far: keepShape,
  maxPoints: fc.integer({ min: 1, max: 7 }),
  minPoints: fc.integer({ min: 1, max: 4 }),
  schedule: fc.constantFrom(null, null, '0 12 * * *', '0 4 * * 0'),
});

/** Worlds in which nothing but retention is in the way of deletions. */
const plainWorlds = (far: 'any' | 'all'): typeof worldShape =>
  worldShape.map((shape) => ({
    ...shape,
    memory: 'same',
    domains: shape.domains.map((one) => ({
      ...one,
      role: 'managed',
      copies: { ...one.copies, uses: true },
    })),
    mirror: {
      ...shape.mirror,
      state: 'seen',
      memory: 'same',
      deletes: shape.mirror.minPoints === 4 ? 'never' : 'allowed',
      keep: far === 'all' ? null : (shape.mirror.keep ?? { last: 1 }),
    },
  }));

/** The plans of sixty nights, each applied and remembered. */
function sixtyNights(rules: Parameters<Parameters<typeof nights.map>[0]>[0]): readonly Plan[] {
  const { local, far, maxPoints, minPoints, schedule } = rules;
  const chain = { maxPoints, maxAgeSeconds: null };
  const desired = desiredState(
    [desiredDomain(1, 'web01', { retention: retentionOf(local, { chain }), mirrors: ['nas'] })],
    {
      mirrors: [
        desiredMirror({
          retention: retentionOf(far, { minPoints }),
          schedule:
            schedule === null
              ? null
              : { name: 's', cron: schedule, timezone: 'Europe/Berlin', jitterSeconds: 0 },
        }),
      ],
    },
  );
  const from = '2026-11-22T09:30:02.000Z';
  const first = world(desired, [domain(1, 'web01')], [], { mirrors: [mirrorSeen([])] });
  const plans: Plan[] = [];
  let state = first;
  for (let night = 0; night < 60; night += 1) {
    const observedAt = addSeconds(from, night * day);
    const host = { ...first.host, bootClockSeconds: (9 + night) * day };
    const observed = { ...state, observedAt, host };
    const plan = planPolicy(desired, observed, request());
    plans.push(plan);
    const after = applied(observed, runnableActions(plan));
    const memories = memoryOf(plan, desired, after, null);
    state = {
      ...after,
      stores: after.stores.map((store) =>
        store.state.kind === 'ready'
          ? { ...store, state: { ...store.state, memory: memories[store.name] ?? null } }
          : store,
      ),
    };
  }
  return plans;
}
