import type { ObservedState } from '../../src/model/observed.ts';
import { chain, directory } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import { desiredDomain, desiredState, retentionOf } from './build-policy.ts';
import { world } from './build.ts';

export const web01 = domain(1, 'web01');
export const rule = retentionOf({ last: 1 });
/** web01 keeps its newest point: the chain of the day before goes. */
export const desired = desiredState([desiredDomain(1, 'web01', { retention: rule })]);
export const two = directory(web01, [
  chain('2026-11-21T01:00:00.000Z', 1),
  chain('2026-11-22T01:00:00.000Z', 1),
]);
export const goes = 'trash-chain domain/web01/20261121T010000Z-00cc';
export const seenAs = (more: Parameters<typeof world>[3] = {}): ObservedState =>
  world(desired, [tracked(web01, two)], [two], more);
