import type { Heal, VerifyCopies, VerifyPoints } from '../../src/model/check-action.ts';
import type { ObservedDirectory, ObservedPoint } from '../../src/model/observed-store.ts';
import type { CheckedTimes } from '../../src/model/verification.ts';

/** Points, or copies, that a check at that instant found sound. */
export function checkedPoints<T extends Pick<ObservedDirectory, 'chains'>>(
  directory: T,
  { points, depth }: VerifyPoints | VerifyCopies,
  at: string,
): T {
  const wanted = new Set(points.map(({ chain, sequence }) => `${chain}/${sequence}`));
  return {
    ...directory,
    chains: directory.chains.map((chain) => ({
      ...chain,
      points: chain.points.map((point) =>
        wanted.has(`${chain.id}/${point.sequence}`)
          ? { ...point, checked: timesOf(point, depth, at) }
          : point,
      ),
    })),
  };
}

function timesOf(
  { checked }: ObservedPoint,
  depth: VerifyPoints['depth'],
  at: string,
): CheckedTimes {
  return {
    ...checked,
    structure: at,
    ...(depth === 'structure' ? {} : { hash: at }),
    ...(depth === 'replay' ? { replay: at } : {}),
  };
}

/** A point that is whole again, and what stands on it. */
export function healedPoint(
  directory: ObservedDirectory,
  { chain: id, point }: Heal,
  at: string,
): ObservedDirectory {
  return {
    ...directory,
    chains: directory.chains.map((chain) => {
      if (chain.id !== id) return chain;
      let isWhole = true;
      const points = chain.points.map((one): ObservedPoint => {
        const { fault, damaged: _damaged, ...whole } = one;
        if (one.sequence === point.sequence) {
          return { ...whole, checked: { ...one.checked, structure: at, hash: at } };
        }
        if (fault === undefined || (fault === 'parent-faulty' && isWhole)) return whole;
        isWhole = false;
        return one;
      });
      return { ...chain, points };
    }),
  };
}
