import type { Instant } from '../model/instant.ts';
import type { ObservedChain } from '../model/observed-store.ts';
import type { CopiesAge } from '../model/report-base.ts';

const valid = (chains: readonly ObservedChain[]) =>
  chains.flatMap(({ points }) => points.filter(({ fault }) => fault === undefined));

/** How old the newest valid copy is, and what is newer here. `here` null: the store was not seen. */
export function copiesAge(
  here: readonly ObservedChain[] | null,
  there: readonly ObservedChain[],
): CopiesAge {
  let newestAt: Instant | null = null;
  for (const { at } of valid(there)) if (newestAt === null || at > newestAt) newestAt = at;
  if (here === null) return { newestAt, behind: null };
  const newer = valid(here).filter(({ at }) => newestAt === null || at > newestAt);
  const bytes = newer.reduce((sum, point) => sum + point.bytes, 0);
  return { newestAt, behind: { points: newer.length, bytes } };
}
