import { addSeconds } from '../../../src/model/instant.ts';
import type { ObservedChain, ObservedPoint } from '../../../src/model/observed-store.ts';
import { chain } from '../build-chain.ts';
import { domain } from '../build-domain.ts';
import { day, now } from '../build-policy.ts';

export const web01 = domain(1, 'web01');
export const db1 = domain(2, 'db1');

const night = '2026-11-22T01:00:00.000Z';

/** A chain of daily points up to last night's, each changed as wanted; `late`: that many days before. */
export function points(
  count: number,
  change: (point: ObservedPoint, index: number) => ObservedPoint = (point) => point,
  late = 0,
): ObservedChain {
  const made = chain(addSeconds(night, -(count - 1 + late) * day), count);
  return { ...made, points: made.points.map(change) };
}

/** Found sound, every byte, so many days ago. */
export const checked = (point: ObservedPoint, days: number): ObservedPoint => {
  const at = addSeconds(now, -days * day);
  return { ...point, checked: { structure: at, hash: at } };
};

/** The third of five is in quarantine; what stands on it counts for nothing either. */
export const broken = (point: ObservedPoint, index: number): ObservedPoint => {
  if (index === 2) return { ...point, fault: 'quarantined', damaged: ['vda.qcow2'] };
  return index < 2 ? checked(point, 2) : { ...point, fault: 'parent-faulty' };
};
