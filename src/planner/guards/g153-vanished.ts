import type { DomainUuid } from '../../model/identity.ts';
import type { ObservedChain } from '../../model/observed-store.ts';
import type { Guard } from '../../model/plan.ts';
import type { StoreSituation } from '../planning.ts';
import { deletionsOf, finding, type GuardContext, type GuardRule } from './guard-context.ts';

/**
 * G153: when more than half of the points that a store had at the last apply
 * are gone, or nobody remembers how many there were, nothing is deleted there.
 */
export const g153Vanished: GuardRule = (context) =>
  context.planning.stores.flatMap((store) => vanishedFinding(context, store));

function vanishedFinding({ actions }: GuardContext, store: StoreSituation): readonly Guard[] {
  const { ready } = store;
  if (ready === null) return [];
  const own = deletionsOf(store, actions);
  const scope = `store/${store.name}`;
  const found = sum(Object.values(validPoints(ready)));
  if (ready.memory === null) {
    if (own.length === 0) return [];
    const facts = { how: 'no-memory' };
    return [
      finding({ code: 'G153', scope, effect: 'withhold', overridable: false, actions: own, facts }),
    ];
  }
  const known = sum(Object.values(ready.memory.points));
  if (found * 2 >= known) return [];
  const facts = { how: 'vanished', known, found };
  return [
    finding({ code: 'G153', scope, effect: 'block', overridable: true, actions: own, facts }),
  ];
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

/** Valid points of a store, or of its copies at a mirror, by domain uuid. */
export function validPoints(ready: {
  readonly directories: readonly {
    readonly uuid: DomainUuid;
    readonly chains: readonly ObservedChain[];
  }[];
}): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { uuid, chains } of ready.directories) {
    let valid = counts[uuid] ?? 0;
    for (const { points } of chains) {
      for (const { fault } of points) if (fault === undefined) valid += 1;
    }
    counts[uuid] = valid;
  }
  return counts;
}
