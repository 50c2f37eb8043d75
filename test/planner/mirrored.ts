import type { DesiredState } from '../../src/model/desired.ts';
import { pointDirectory } from '../../src/model/identity.ts';
import { addSeconds } from '../../src/model/instant.ts';
import type { ObservedMirrorDirectory } from '../../src/model/observed-mirror.ts';
import type { ObservedChain, ObservedDirectory } from '../../src/model/observed-store.ts';
import type { ObservedMirror, ObservedState } from '../../src/model/observed.ts';
import { unseen } from '../../src/model/result.ts';
import { chain, withPoint } from './build-chain.ts';
import { copies, deletedOf, desiredMirror, mirrorMemoryFor, mirrorSeen } from './build-mirror.ts';
import { day, now, retentionOf, uuidOf } from './build-policy.ts';
import type { CopyShape, MirrorShape } from './mirror-shape.ts';

interface Copied {
  readonly copies: CopyShape;
  readonly where: ObservedDirectory | null;
}

interface World {
  readonly desired: DesiredState;
  readonly observed: ObservedState;
}

/** The same world with a mirror of that shape. */
export function mirrored(
  shape: MirrorShape,
  all: readonly Copied[],
  desired: DesiredState,
  observed: ObservedState,
): World {
  if (shape.state === 'none') return { desired, observed };
  const using = new Set(
    all.flatMap(({ copies: { uses }, where }, index) =>
      uses ? [where?.uuid ?? uuidOf(index + 1)] : [],
    ),
  );
  const mirror = desiredMirror({
    retention: retentionOf(shape.keep, { minPoints: shape.minPoints }),
    schedule:
      shape.schedule === null
        ? null
        : { name: 'own', cron: shape.schedule, timezone: 'Europe/Berlin', jitterSeconds: 0 },
    deletes: shape.deletes,
  });
  const seenThere = mirrorSeen(
    shape.state === 'blank' ? [] : all.flatMap((one) => directoryOf(one)),
    shape.state === 'unreadable'
      ? { unreadable: [{ path: 'domains/vm1/x', code: 'EIO', message: 'I/O error' }] }
      : {},
  );
  const there: ObservedMirror =
    shape.state === 'unseen'
      ? {
          name: 'nas',
          stores: [{ store: 'main', state: unseen('mirror-unreachable', 'no route to host') }],
        }
      : seenThere;
  return {
    desired: {
      ...desired,
      mirrors: [mirror],
      domains: desired.domains.map((one) =>
        using.has(one.uuid) ? { ...one, mirrors: ['nas'] } : one,
      ),
    },
    observed: {
      ...observed,
      mirrors: [there],
      stores: observed.stores.map((store) =>
        store.state.kind === 'ready' && store.state.memory !== null && shape.memory !== 'none'
          ? {
              ...store,
              state: {
                ...store.state,
                memory: {
                  ...store.state.memory,
                  mirrors: {
                    nas: mirrorMemoryFor(mirror, seenThere, memoryAs(shape, seenThere)),
                  },
                },
              },
            }
          : store,
      ),
    },
  };
}

function memoryAs({ memory }: MirrorShape, { stores }: ObservedMirror) {
  const state = stores[0]?.state;
  const directories = state?.seen === true ? state.value.directories : [];
  switch (memory) {
    case 'doomed':
      return {
        doomed: Object.fromEntries(
          directories.map(({ uuid, chains }) => [uuid, chains.slice(0, 2).map(({ id }) => id)]),
        ),
      };
    case 'vanished':
      return { points: { [uuidOf(9)]: 1000 } };
    case 'reduced':
      return { retention: { [uuidOf(1)]: { maxPoints: 30, minPoints: 4, keep: { daily: 99 } } } };
    case 'same':
    case 'none':
    default:
      return {};
  }
}

function directoryOf({ copies: shape, where }: Copied): readonly ObservedMirrorDirectory[] {
  if (where === null) return [];
  const local = where.chains.flatMap((one, index) =>
    shape.without.includes(index) ? [] : copyOf(one, shape.short),
  );
  const older = Array.from({ length: shape.older }, (_none, index) =>
    chain(addSeconds('2026-09-20T01:00:00.000Z', index * 5 * day), 3),
  );
  const chains = [...older, ...local].map((one, index) => {
    const held = shape.heldChain === index;
    return shape.faults.reduce(
      (made, [at, sequence, fault]) => (at === index ? broken(made, sequence, fault) : made),
      held ? { ...one, held } : one,
    );
  });
  const first = where.chains[0]?.points[0];
  const gone = chain('2026-08-01T01:00:00.000Z', 2);
  const isLacked = first !== undefined && shape.without.includes(0);
  return [
    copies(where, chains, {
      directory: where.directory,
      deleted: deletedAs(shape, gone),
      partial:
        shape.partial && isLacked
          ? [
              {
                chain: where.chains[0]?.id ?? gone.id,
                pointDirectory: pointDirectory(first.sequence, first.id, first.level),
                bytes: 1024,
              },
            ]
          : [],
    }),
  ];
}

function deletedAs({ deleted }: CopyShape, gone: ObservedChain) {
  switch (deleted) {
    case 'old':
      return deletedOf(gone, addSeconds(now, -30 * day));
    case 'recent':
      return deletedOf(gone, addSeconds(now, -day));
    case 'unknown':
      return deletedOf(gone, null);
    case 'later':
      return deletedOf(gone, addSeconds(now, 9 * day));
    case 'held':
      return deletedOf(gone, addSeconds(now, -30 * day), { held: true });
    case 'none':
    default:
      return [];
  }
}

/** The chain as it was when it was copied: whole, without holds, some points short. */
function copyOf(one: ObservedChain, short: number): readonly ObservedChain[] {
  const points = one.points
    .slice(0, Math.max(0, one.points.length - short))
    .map(({ fault: _fault, held: _held, ...point }) => point);
  return points.length === 0 ? [] : [{ ...one, held: false, points }];
}

function broken(
  one: ObservedChain,
  sequence: number,
  fault: CopyShape['faults'][number][2],
): ObservedChain {
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
