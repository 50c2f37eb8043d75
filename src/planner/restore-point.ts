import type { ChainId, PointId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedDirectory, ObservedPoint } from '../model/observed-store.ts';
import { fail, ok, unreachable, type Failure, type Result } from '../model/result.ts';

/** Which point is wanted: the newest valid one, the newest not later than an instant, or an exact one. */
export type WantedPoint =
  | { readonly kind: 'newest' }
  | { readonly kind: 'at'; readonly at: Instant }
  | { readonly kind: 'place'; readonly chain: string; readonly sequence: number | null }
  | { readonly kind: 'point'; readonly id: string };

/** A point and the chain that it is in. */
export interface ChosenPoint {
  readonly chain: ChainId;
  readonly point: PointId;
  readonly sequence: number;
  readonly at: Instant;
}

/** Chooses a point of a domain; never a faulty one, and never another than was asked for. */
export function choosePoint(
  directory: ObservedDirectory,
  wanted: WantedPoint,
): Result<ChosenPoint, Failure> {
  const all = directory.chains.flatMap((chain) =>
    chain.points.map((point) => ({ chain: chain.id, point })),
  );
  const matching = all.filter(({ chain, point }) => isWanted(chain, point, wanted));
  const chains = new Set(matching.map(({ chain }) => chain));
  if (wanted.kind === 'place' && chains.size > 1) {
    return fail({
      code: 'ambiguous-chain',
      message: `${directory.name}: ${wanted.chain} is the beginning of ${chains.size} chains: ${[...chains].join(', ')}`,
    });
  }
  const valid = matching.filter(({ point }) => point.fault === undefined);
  const chosen = valid.toSorted((a, b) => (a.point.at < b.point.at ? -1 : 1)).at(-1);
  if (chosen === undefined) return fail(nothing(directory, wanted, matching));
  const { chain, point } = chosen;
  return ok({ chain, point: point.id, sequence: point.sequence, at: point.at });
}

/** Points that would have been chosen if they were not faulty, newest first: those after the chosen one. */
export function passedOver(
  directory: ObservedDirectory,
  wanted: WantedPoint,
  chosen: ChosenPoint,
): readonly ObservedPoint[] {
  return directory.chains
    .flatMap((chain) => chain.points.filter((point) => isWanted(chain.id, point, wanted)))
    .filter((point) => point.fault !== undefined && point.at > chosen.at)
    .toSorted((a, b) => (a.at < b.at ? 1 : -1));
}

function isWanted(chain: ChainId, point: ObservedPoint, wanted: WantedPoint): boolean {
  switch (wanted.kind) {
    case 'newest':
      return true;
    case 'at':
      return point.at <= wanted.at;
    case 'point':
      return point.id === wanted.id;
    case 'place':
      return (
        chain.startsWith(wanted.chain) &&
        (wanted.sequence === null || point.sequence === wanted.sequence)
      );
    default:
      return unreachable(wanted);
  }
}

/** Says why there is no such point, and what there is instead. */
function nothing(
  directory: ObservedDirectory,
  wanted: WantedPoint,
  matching: readonly { readonly point: ObservedPoint }[],
): Failure {
  const faulty = matching.find(({ point }) => point.fault !== undefined);
  if (faulty !== undefined) {
    return {
      code: 'point-faulty',
      message: `${directory.name}: point ${faulty.point.id} cannot be restored: ${faulty.point.fault}`,
    };
  }
  const oldest = directory.chains
    .flatMap((chain) => chain.points)
    .filter((point) => point.fault === undefined)
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    .at(0);
  const there =
    oldest === undefined
      ? 'it has no valid point at all'
      : `its oldest valid point is of ${oldest.at}`;
  const what = wanted.kind === 'at' ? `no point at or before ${wanted.at}` : 'no such point';
  return { code: 'point-not-found', message: `${directory.name}: ${what}; ${there}` };
}
