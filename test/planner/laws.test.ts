import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { destructiveKinds, type Action } from '../../src/model/action.ts';
import { checkpointOwner } from '../../src/model/identity.ts';
import type { ObservedDirectory } from '../../src/model/observed-store.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import { runnableActions, type Plan, type Request } from '../../src/model/plan.ts';
import { isAllowed } from '../../src/planner/allowances.ts';
import { checkPlan } from '../../src/planner/check.ts';
import { leftAfter } from '../../src/planner/left-after.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { stateOf, worldShape, type WorldShape } from './arbitrary.ts';
import { blindings } from './blindings.ts';
import { mainId, request } from './build-policy.ts';
import { keepNumbers } from './keep-shape.ts';
import { removedNewest } from './removed-newest.ts';
import { shuffled } from './shuffled.ts';
import { applied } from './world.ts';

// Enough to find what broke each law on purpose; ten times as many ran clean.
const runs = { numRuns: 150 };

const deletes = (plan: Plan): readonly Action[] =>
  runnableActions(plan).filter(({ kind }) => destructiveKinds.has(kind));

function directoriesOf(observed: ObservedState): readonly ObservedDirectory[] {
  return observed.stores.flatMap(({ state }) => (state.kind === 'ready' ? state.directories : []));
}

/** Valid points of each domain. */
function validPoints(observed: ObservedState): ReadonlyMap<string, number> {
  return new Map(
    directoriesOf(observed).map(({ uuid, chains }) => [
      uuid,
      chains.flatMap(({ points }) => points).filter(({ fault }) => fault === undefined).length,
    ]),
  );
}

/** Domains that get a full. */
function fulls(plan: Plan): readonly string[] {
  return runnableActions(plan).flatMap((action) =>
    action.kind === 'backup' && action.level === 'full' ? [action.id] : [],
  );
}

/** What retention lets go of, blocked or not. */
function doomed(shape: WorldShape): readonly string[] {
  const { desired, observed } = stateOf(shape);
  return planPolicy(desired, observed, request()).actions.flatMap(({ kind, id, reasons }) =>
    kind === 'trash-chain' && reasons[0]?.code === 'kept-by-no-rule' ? [id] : [],
  );
}

const everywhere: Request['allow'] = [
  { code: 'G201', scope: 'host' },
  { code: 'G201', scope: 'mirror/nas' },
  ...[1, 2, 3, 4, 5].flatMap((number) => [
    { code: 'G201', scope: `domain/vm${number}` },
    { code: 'G201', scope: `nas:domain/vm${number}` },
  ]),
];

// Many plans on a busy machine, and no time is asserted.
describe('laws of the planner', { timeout: 120_000 }, () => {
  it('P1: a plan, once applied, leaves nothing to do', () => {
    let worked = 0;
    fc.assert(
      fc.property(worldShape, fc.boolean(), (shape, bold) => {
        const { desired, observed } = stateOf(shape);
        const asked = request({ allow: bold ? everywhere : [] });
        const plan = planPolicy(desired, observed, asked);
        worked += runnableActions(plan).length;
        const after = applied(observed, runnableActions(plan));
        const again = planPolicy(desired, after, asked, plan.plannedAt);
        expect(leftAfter([plan], again).map(({ id }) => id)).toEqual([]);
      }),
      { ...runs, examples: [[removedNewest, false]] },
    );
    expect(worked).toBeGreaterThan(150);
  });

  it('P2: no prefix of a plan leaves a domain under its floor, nor without its newest valid point', () => {
    let deleted = 0;
    fc.assert(
      fc.property(worldShape, (shape) => {
        const { desired, observed } = stateOf(shape);
        const plan = planPolicy(desired, observed, request({ allow: everywhere }));
        const before = validPoints(observed);
        const floors = new Map(
          desired.domains.map(({ uuid, retention }) => [uuid as string, retention.minPoints]),
        );
        const removed = new Set(
          desired.removed.flatMap(({ uuid, chain }) => (chain === null ? [uuid as string] : [])),
        );
        let state = observed;
        for (const action of runnableActions(plan)) {
          state = applied(state, [action]);
          if (action.kind !== 'trash-chain') continue;
          deleted += 1;
          for (const [uuid, count] of validPoints(state)) {
            if (removed.has(uuid)) continue;
            const floor = Math.max(1, floors.get(uuid) ?? 1);
            expect(count).toBeGreaterThanOrEqual(Math.min(floor, before.get(uuid) ?? 0));
          }
        }
      }),
      runs,
    );
    expect(deleted).toBeGreaterThan(20);
  });

  it('P3: unmanaged, ignored, gone and held things, and what is not ours, are in no destructive action', () => {
    let seenDeletes = 0;
    fc.assert(
      fc.property(worldShape, (shape) => {
        const { desired, observed } = stateOf(shape);
        const plan = planPolicy(desired, observed, request({ allow: everywhere }));
        const mine = new Set([...desired.domains, ...desired.removed].map(({ uuid }) => uuid));
        const held = new Set(
          directoriesOf(observed).flatMap(({ uuid, chains }) =>
            chains.filter((one) => one.held).map(({ id }) => `${uuid}/${id}`),
          ),
        );
        for (const action of deletes(plan)) {
          seenDeletes += 1;
          if (!('domain' in action)) throw new Error(`${action.id} names no domain`);
          // What was deleted while it was managed; its time is over, as in a store's trash.
          if (action.kind === 'purge-copies') continue;
          expect(mine).toContain(action.domain.uuid);
          if (action.kind === 'trash-chain') {
            expect(held).not.toContain(`${action.domain.uuid}/${action.chain}`);
          }
          if (action.kind === 'drop-checkpoint') {
            expect(checkpointOwner(action.checkpoint)?.storePrefix).toBe(mainId.slice(0, 8));
          }
        }
      }),
      runs,
    );
    expect(seenDeletes).toBeGreaterThan(20);
  });

  it('P4: chains go whole, and none that a kept point needs', () => {
    fc.assert(
      fc.property(worldShape, (shape) => {
        const { desired, observed } = stateOf(shape);
        const plan = planPolicy(desired, observed, request({ allow: everywhere }));
        const parents = new Set(
          plan.actions.flatMap((action) =>
            action.kind === 'backup' && action.parent !== null
              ? [`${action.domain.uuid}/${action.chain}`]
              : [],
          ),
        );
        for (const action of plan.actions) {
          if (action.kind !== 'trash-chain') continue;
          const chain = directoriesOf(observed)
            .find(({ uuid }) => uuid === action.domain.uuid)
            ?.chains.find(({ id }) => id === action.chain);
          expect(action.points).toEqual(chain?.points.map(({ id }) => id));
          if (action.blockedBy.length === 0) {
            expect(parents).not.toContain(`${action.domain.uuid}/${action.chain}`);
          }
        }
        expect(checkPlan(plan, observed)).toEqual([]);
      }),
      runs,
    );
  });

  it('P5: the order of the inputs changes not a byte', () => {
    fc.assert(
      fc.property(worldShape, fc.integer(), (shape, seed) => {
        const { desired, observed } = stateOf(shape);
        const plan = planPolicy(desired, observed, request());
        const mixed = planPolicy(
          shuffled(desired, seed, false),
          shuffled(observed, seed),
          request(),
        );
        expect(JSON.stringify(mixed)).toBe(JSON.stringify(plan));
      }),
      runs,
    );
  });

  it('P6: what is unseen never adds a deletion, nor a full', () => {
    let withheld = 0;
    fc.assert(
      fc.property(worldShape, fc.nat(4), fc.constantFrom(...blindings), (shape, which, blind) => {
        const { desired, observed } = stateOf({ ...shape, freeBytes: 900 * 1024 ** 3 });
        const asked = request({ allow: everywhere });
        const before = planPolicy(desired, observed, asked);
        const after = planPolicy(desired, blind(observed, which), asked);
        const known = new Set(deletes(before).map(({ id }) => id));
        const more = deletes(after).filter(({ id }) => !known.has(id));
        expect(more.map(({ id }) => id)).toEqual([]);
        const knownFulls = fulls(before);
        expect(fulls(after).filter((id) => !knownFulls.includes(id))).toEqual([]);
        withheld += known.size - deletes(after).length;
      }),
      runs,
    );
    expect(withheld).toBeGreaterThan(10);
  });

  it('P7: raising any number never adds a deletion', () => {
    fc.assert(
      fc.property(
        worldShape,
        fc.constantFrom(...keepNumbers, 'minPoints' as const),
        (shape, rule) => {
          const before = doomed(shape);
          const raised = doomed({
            ...shape,
            domains: shape.domains.map((one) => raise(one, rule)),
          });
          expect(raised.filter((id) => !before.includes(id))).toEqual([]);
        },
      ),
      runs,
    );
  });

  it('P9: a plan that stops anywhere is finished by the next one', () => {
    fc.assert(
      fc.property(worldShape, fc.nat(20), (shape, stop) => {
        const { desired, observed } = stateOf(shape);
        const plan = planPolicy(desired, observed, request());
        const half = applied(observed, runnableActions(plan).slice(0, stop));
        const rest = planPolicy(desired, half, request(), plan.plannedAt);
        const done = applied(half, runnableActions(rest));
        const again = planPolicy(desired, done, request(), plan.plannedAt);
        expect(leftAfter([plan, rest], again).map(({ id }) => id)).toEqual([]);
      }),
      runs,
    );
  });

  it('P12: nothing that a guard names is done, unless its override was given', () => {
    let lifted = 0;
    fc.assert(
      fc.property(worldShape, allowances, fc.boolean(), (shape, allow, unattended) => {
        const { desired, observed } = stateOf(shape);
        const plan = planPolicy(desired, observed, request({ allow, unattended }));
        const free = new Set(runnableActions(plan).map(({ id }) => id));
        for (const guard of plan.guards) {
          if (guard.effect === 'allowed') {
            lifted += 1;
            expect(
              guard.overridable && isAllowed({ ...request(), allow }, guard.code, guard.scope),
            ).toBe(true);
          } else {
            for (const id of guard.actions) expect(free).not.toContain(id);
          }
        }
      }),
      runs,
    );
    expect(lifted).toBeGreaterThan(0);
  });

  it('I13: every domain in exactly one list', () => {
    fc.assert(
      fc.property(worldShape, (shape) => {
        const { desired, observed } = stateOf(shape);
        const plan = planPolicy(desired, observed, request());
        const listed = plan.domains.map(({ domain }) => domain.uuid);
        expect(new Set(listed).size).toBe(listed.length);
        const known = [
          ...(observed.hypervisor.seen ? observed.hypervisor.value.domains : []),
          ...directoriesOf(observed),
          ...desired.domains,
        ].map(({ uuid }) => uuid);
        expect(listed.toSorted()).toEqual([...new Set(known)].toSorted());
      }),
      runs,
    );
  });
});

const allowances: fc.Arbitrary<Request['allow']> = fc.array(
  fc.record({
    code: fc.constantFrom('G104', 'G151', 'G153', 'G201', 'G202', 'G205', 'G208', 'G210', 'G407'),
    scope: fc.constantFrom('host', 'store/main', 'domain/vm1', 'domain/vm2', 'vm3'),
  }),
  { maxLength: 4 },
);

/** A shape with one number raised. */
function raise(
  one: WorldShape['domains'][number],
  rule: (typeof keepNumbers)[number] | 'minPoints',
): WorldShape['domains'][number] {
  if (rule === 'minPoints') return { ...one, minPoints: one.minPoints + 1 };
  if (one.keep === null) return one;
  return { ...one, keep: { ...one.keep, [rule]: (one.keep[rule] ?? 0) + 1 } };
}
