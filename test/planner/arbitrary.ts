import * as fc from 'fast-check';
import type { DesiredDomain, DesiredState, Keep, Removed } from '../../src/model/desired.ts';
import { checkpointOf } from '../../src/model/identity.ts';
import { addSeconds } from '../../src/model/instant.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  PointFault,
} from '../../src/model/observed-store.ts';
import type { ObservedDomain, ObservedState, OpenIntent } from '../../src/model/observed.ts';
import { seen } from '../../src/model/result.ts';
import { chain, directory, lookedAt, pointAt, withPoint } from './build-chain.ts';
import { disk, domain, off, tracked } from './build-domain.ts';
import {
  day,
  desiredDomain,
  desiredState,
  gib,
  mainId,
  now,
  place,
  retentionOf,
  uuidOf,
} from './build-policy.ts';
import { aRun, deadRun, world } from './build.ts';
import { keepShape, often } from './keep-shape.ts';
import { copyShape, mirrorShape, type CopyShape, type MirrorShape } from './mirror-shape.ts';
import { mirrored } from './mirrored.ts';

/** How one domain and its points are; each field is one way in which worlds differ. */
export interface DomainShape {
  readonly state: 'running' | 'paused' | 'off' | 'suspended' | 'ours-paused';
  readonly chains: readonly number[];
  /** Days between the newest point and the last slot; 0 is not due. */
  readonly late: number;
  readonly tracker: 'good' | 'missing' | 'unlisted' | 'in-use';
  readonly raw: 'none' | 'one' | 'all';
  readonly keep: Keep | null;
  readonly maxPoints: number;
  readonly minPoints: number;
  readonly faults: readonly (readonly [chain: number, sequence: number, fault: PointFault])[];
  readonly heldChain: number | null;
  readonly closed: 'restored' | 'untracked' | null;
  readonly role: 'managed' | 'ignored' | 'unmanaged' | 'removed' | 'removed-chain' | 'gone';
  readonly orphan: boolean;
  readonly incoming: 'none' | 'idle' | 'busy';
  readonly trouble: 'none' | 'block-job' | 'our-job' | 'frozen' | 'restored';
  readonly looked: boolean;
  readonly never: boolean;
  readonly copies: CopyShape;
}

export const domainShape: fc.Arbitrary<DomainShape> = fc.record({
  state: often<DomainShape['state']>('running', 'paused', 'off', 'suspended', 'ours-paused'),
  chains: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 5 }),
  late: fc.integer({ min: 0, max: 2 }),
  tracker: often<DomainShape['tracker']>('good', 'missing', 'unlisted', 'in-use'),
  raw: often<DomainShape['raw']>('none', 'one', 'all'),
  keep: keepShape,
  maxPoints: fc.integer({ min: 1, max: 5 }),
  minPoints: fc.integer({ min: 1, max: 4 }),
  faults: fc.array(
    fc.tuple(
      fc.nat(4),
      fc.nat(3),
      fc.constantFrom<PointFault>('file-size', 'quarantined', 'manifest-newer', 'parent-faulty'),
    ),
    { maxLength: 2 },
  ),
  heldChain: fc.option(fc.nat(4), { freq: 3 }),
  closed: often<DomainShape['closed']>(null, 'restored', 'untracked'),
  role: often<DomainShape['role']>(
    'managed',
    'ignored',
    'unmanaged',
    'removed',
    'removed-chain',
    'gone',
  ),
  orphan: fc.boolean(),
  incoming: often<DomainShape['incoming']>('none', 'idle', 'busy'),
  trouble: often<DomainShape['trouble']>('none', 'block-job', 'our-job', 'frozen', 'restored'),
  looked: fc.boolean(),
  never: often<boolean>(false, true),
  copies: copyShape,
});

/** A world: the domains, and what the store remembers. */
export interface WorldShape {
  readonly domains: readonly DomainShape[];
  readonly memory: 'none' | 'same' | 'doomed' | 'reduced' | 'vanished';
  readonly freeBytes: number;
  readonly mirror: MirrorShape;
}

export const worldShape: fc.Arbitrary<WorldShape> = fc.record({
  domains: fc.array(domainShape, { minLength: 1, maxLength: 5 }),
  memory: fc.constantFrom('none', 'same', 'same', 'doomed', 'reduced', 'vanished'),
  freeBytes: fc.constantFrom(500 * gib, 120 * gib, 105 * gib),
  mirror: mirrorShape,
});

function chainsOf({
  chains,
  late,
  faults,
  heldChain,
  closed,
}: DomainShape): readonly ObservedChain[] {
  const total = chains.reduce((sum, count) => sum + count, 0);
  let before = 0;
  return chains.map((count, index) => {
    const first = addSeconds('2026-11-22T01:00:00.000Z', -(total - 1 - before + late) * day);
    before += count;
    const made = chain(first, count, {
      held: heldChain === index,
      closed: index === chains.length - 1 ? closed : null,
    });
    return faults.reduce(
      (one, [at, sequence, fault]) => (at === index ? broken(one, sequence, fault) : one),
      made,
    );
  });
}

/** A fault, and what follows from it for the points that stand on it. */
function broken(one: ObservedChain, sequence: number, fault: PointFault): ObservedChain {
  const first = withPoint(one, sequence, { fault });
  return {
    ...first,
    points: first.points.map((point) =>
      point.sequence > sequence && sequence < one.points.length
        ? { ...point, fault: point.fault ?? 'parent-faulty' }
        : point,
    ),
  };
}

interface Built {
  readonly rule: DesiredDomain;
  readonly one: ObservedDomain;
  readonly where: ObservedDirectory;
  readonly intents: readonly OpenIntent[];
}

function built(shape: DomainShape, number: number): Built {
  const name = `vm${number}`;
  const vdb = { format: shape.raw === 'none' ? 'qcow2' : 'raw' };
  const plain = domain(number, name, {
    disks: [
      disk(name, 'vda', number * 100 + 1, shape.raw === 'all' ? { format: 'raw' } : {}),
      disk(name, 'vdb', number * 100 + 2, vdb),
    ],
  });
  const isOff = shape.state === 'off';
  const placed = isOff ? off(plain) : plain;
  const bare = directory(placed, chainsOf(shape));
  const { one, intents } = troubled(trackedAs(placed, bare, shape), shape);
  const where: ObservedDirectory = {
    ...(shape.looked && isOff ? lookedAt(placed, bare) : bare),
    incoming: incomingOf(shape, bare),
  };
  const rule = desiredDomain(number, name, {
    retention: retentionOf(shape.keep, {
      chain: { maxPoints: shape.maxPoints, maxAgeSeconds: null },
      minPoints: shape.minPoints,
    }),
    tracker: shape.never ? 'never' : 'auto',
  });
  return { rule, one, where, intents };
}

function trackedAs(
  one: ObservedDomain,
  where: ObservedDirectory,
  shape: DomainShape,
): ObservedDomain {
  if (where.tip?.checkpoint === undefined || where.tip.checkpoint === null) return one;
  if (shape.tracker === 'missing') return one;
  const made = tracked(one, where, {
    listed: shape.tracker !== 'unlisted',
    flags: shape.tracker === 'in-use' ? ['in-use', 'auto'] : ['auto'],
  });
  if (!shape.orphan || !made.checkpoints.seen) return made;
  const name = checkpointOf(mainId, pointAt('2026-11-22T05:00:00.000Z', 'dead'));
  const orphan = { name, parent: null, disks: [{ target: 'vda', bitmap: name, dirtyBytes: 0 }] };
  return { ...made, checkpoints: seen([...made.checkpoints.value, orphan]) };
}

function troubled(
  one: ObservedDomain,
  { state, trouble }: DomainShape,
): { readonly one: ObservedDomain; readonly intents: readonly OpenIntent[] } {
  const who = { uuid: one.uuid, name: one.name };
  const intents: OpenIntent[] = [];
  let made = one;
  if (state === 'paused' || state === 'suspended') made = { ...made, state };
  if (state === 'ours-paused') {
    made = { ...made, state: 'paused' };
    intents.push({ kind: 'started-domain', ...who, runningId: made.runningId });
  }
  if (trouble === 'block-job') made = { ...made, blockJobs: ['vda'] };
  if (trouble === 'restored') {
    const files = [{ path: `/images/${one.name}.restoring-${aRun}`, place: null }];
    intents.push({ kind: 'restore-files', ...who, files, instant: null });
  }
  if (trouble === 'frozen') intents.push({ kind: 'frozen-domain', ...who });
  if (trouble === 'our-job' && made.state !== 'off') {
    made = { ...made, job: { operation: 'backup', run: aRun } };
    const point = pointAt('2026-11-22T05:00:00.000Z');
    intents.push({
      kind: 'backup-job',
      ...who,
      socket: '/s',
      scratch: [],
      checkpoint: null,
      point,
    });
  }
  return { one: made, intents };
}

function incomingOf({ incoming }: DomainShape, { tip, directory: name }: ObservedDirectory) {
  if (incoming === 'none' || tip === null) return [];
  const path = `domains/${name}/${tip.chain}/.incoming-0009-20261122T050000Z-inc`;
  return [{ path, chain: tip.chain, point: null, bytes: gib, busy: incoming === 'busy' }];
}

/** A policy and an observation of that shape. */
export function stateOf(shape: WorldShape): {
  readonly desired: DesiredState;
  readonly observed: ObservedState;
} {
  const all = shape.domains.map((one, index) => ({ ...built(one, index + 1), role: one.role }));
  const managed = all.filter(({ role }) => ['managed', 'gone', 'removed-chain'].includes(role));
  const desired = desiredState(
    managed.map(({ rule }) => rule),
    {
      ignored: all
        .filter(({ role }) => role === 'ignored')
        .map(({ one: { uuid, name } }) => ({ uuid, name, place: place(27) })),
      removed: all.flatMap(({ role, one: { uuid, name }, where }): readonly Removed[] => {
        const named = where.chains.at(where.incoming.length > 0 ? -1 : 0)?.id ?? null;
        if (role === 'removed') return [{ uuid, name, chain: null, place: place(31) }];
        return role === 'removed-chain' && named !== null
          ? [{ uuid, name, chain: named, place: place(32) }]
          : [];
      }),
    },
  );
  const observed = world(
    desired,
    all.filter(({ role }) => role !== 'gone').map(({ one }) => one),
    all.filter(({ where }) => where.chains.length > 0).map(({ where }) => where),
    {
      store: { freeBytes: shape.freeBytes },
      memory: shape.memory === 'none' ? null : memoryAs(shape, all),
      runs: seen([
        deadRun(
          all.filter(({ role }) => role !== 'gone').flatMap(({ intents }) => intents),
          {
            startedAt: addSeconds(now, -3600),
          },
        ),
      ]),
    },
  );
  const shapes = shape.domains.map(({ copies }, index) => ({
    copies,
    where: all[index]?.where ?? null,
  }));
  return mirrored(shape.mirror, shapes, desired, observed);
}

function memoryAs({ memory }: WorldShape, all: readonly Built[]) {
  switch (memory) {
    case 'doomed':
      return {
        doomed: Object.fromEntries(
          all.map(({ one, where }) => [one.uuid, where.chains.slice(0, 2).map(({ id }) => id)]),
        ),
      };
    case 'reduced':
      return { retention: { [uuidOf(1)]: { maxPoints: 30, minPoints: 4, keep: { daily: 99 } } } };
    case 'vanished':
      return { points: { [uuidOf(9)]: 1000 } };
    case 'none':
    case 'same':
    default:
      return {};
  }
}
