import { addressOf } from '../model/address.ts';
import { pointDirectory } from '../model/identity.ts';
import type { ObservedMirrorDirectory } from '../model/observed-mirror.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  ObservedPoint,
  ObservedStore,
  PointFault,
} from '../model/observed-store.ts';
import type { ObservedMirror } from '../model/observed.ts';
import type { DoctorFinding } from '../model/report.ts';
import { faults } from '../reporter/faults.ts';
import { plural } from '../reporter/plural.ts';
import { finding } from './doctor-programs.ts';

// Who has more to mend begins with these; a screen of them hides the rest of the report.
const maxOfDomain = 10;

const badCopiesRemedy =
  'where another mirror has the point, the next apply heals it; else copy its files back and run holdfast verify on the point, or mend a copy and run it on that';

/** A point that is faulty of itself, and how many later ones are because of it. */
interface FaultyPoint {
  readonly chain: ObservedChain;
  readonly point: ObservedPoint;
  readonly fault: PointFault;
  readonly followers: number;
}

/** What of a store is at a mirror that was seen. */
interface Copies {
  readonly mirror: string;
  readonly directories: readonly ObservedMirrorDirectory[];
}

/** Points that cannot be restored, each with its place, its fault and the remedy. */
export function pointFindings(
  { name: store, state }: ObservedStore,
  mirrors: readonly ObservedMirror[],
): readonly DoctorFinding[] {
  if (state.kind !== 'ready') return [];
  const copies = mirrors.flatMap(({ name, stores }): readonly Copies[] =>
    stores.flatMap((look) =>
      look.state.seen && look.state.value.store === state.id
        ? [{ mirror: name, directories: look.state.value.directories }]
        : [],
    ),
  );
  return state.directories.flatMap((directory) => {
    const faulty = directory.chains.flatMap(faultyPoints);
    const shown = faulty
      .slice(0, maxOfDomain)
      .map((one) => pointFinding(store, directory, one, copies));
    const left = faulty.length - shown.length;
    const address = addressOf(directory.name);
    return left === 0
      ? shown
      : [
          ...shown,
          finding(
            'error',
            'faulty-points',
            address,
            `${plural(left, 'more point')} of it cannot be restored`,
            `holdfast points ${address} lists them`,
          ),
        ];
  });
}

function faultyPoints(chain: ObservedChain): readonly FaultyPoint[] {
  const found: FaultyPoint[] = [];
  for (const point of chain.points) {
    const { fault } = point;
    const before = found.at(-1);
    if (fault === 'parent-faulty' && before !== undefined)
      found[found.length - 1] = { ...before, followers: before.followers + 1 };
    else if (fault !== undefined) found.push({ chain, point, fault, followers: 0 });
  }
  return found;
}

function pointFinding(
  store: string,
  { directory, name }: ObservedDirectory,
  { chain, point, fault, followers }: FaultyPoint,
  copies: readonly Copies[],
): DoctorFinding {
  const { sequence, id, level } = point;
  const { short, remedy } = faults[fault];
  const bad = copies
    .filter(({ directories }) =>
      directories.some(
        (one) =>
          one.directory === directory &&
          one.chains.some(
            ({ id: own, points }) =>
              own === chain.id &&
              points.some((copy) => copy.id === id && copy.fault === 'quarantined'),
          ),
      ),
    )
    .map(({ mirror }) => mirror);
  const also = bad.length === 0 ? '' : `; its copy at ${bad.join(' and ')} is damaged too`;
  const place = ['domains', directory, chain.id, pointDirectory(sequence, id, level)].join('/');
  const more = followers === 0 ? '' : `; ${plural(followers, 'point')} on top of it with it`;
  return finding(
    'error',
    fault,
    addressOf(name, chain.id, sequence),
    `cannot be restored: ${short}${more}${also}; ${place} in store ${store}`,
    bad.length === 0 ? remedy : badCopiesRemedy,
  );
}
