import { pointDirectory, type ChainId, type PointId } from '../model/identity.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Hold } from '../model/point.ts';
import { openStore } from '../store/open.ts';

/** The holds of a store's chains and points. */
export interface Holds {
  readonly chains: ReadonlyMap<ChainId, Hold>;
  readonly points: ReadonlyMap<PointId, Hold>;
}

/** Nothing is held. */
export const noHolds: Holds = { chains: new Map(), points: new Map() };

/**
 * Who holds what, and why, by store. The observation says what is held, which is little, so no more is read;
 * a hold that cannot be read counts all the same, and is left out here.
 */
export function readHolds(observed: ObservedState): ReadonlyMap<string, Holds> {
  const holds = new Map<string, Holds>();
  for (const { name, path, state } of observed.stores) {
    if (state.kind !== 'ready') continue;
    const store = openStore({ name, path, id: state.id });
    if (!store.ok) continue;
    const chains = new Map<ChainId, Hold>();
    const points = new Map<PointId, Hold>();
    for (const { directory, chains: all } of state.directories) {
      for (const chain of all) {
        const own = chain.held ? store.value.readHold(directory, chain.id, null) : null;
        if (own?.ok === true && own.value !== null) chains.set(chain.id, own.value);
        for (const { id, sequence, level, held } of chain.points) {
          if (held !== true) continue;
          const place = pointDirectory(sequence, id, level);
          const hold = store.value.readHold(directory, chain.id, place);
          if (hold.ok && hold.value !== null) points.set(id, hold.value);
        }
      }
    }
    holds.set(name, { chains, points });
  }
  return holds;
}
