import type { DesiredDomain } from '../model/desired.ts';
import { lastSequence } from '../model/identity.ts';
import { secondsBetween, type Instant } from '../model/instant.ts';
import type { ObservedChain, ObservedDirectory } from '../model/observed-store.ts';
import type { Reason } from '../model/reason.ts';
import { byText } from './order.ts';
import { inOrder } from './timeline.ts';

/**
 * Why the next point begins a chain, whatever its disks are like; null if the
 * live chain may go on.
 */
export function newChainCause(
  directory: ObservedDirectory | null,
  desired: DesiredDomain,
  asked: boolean,
  asOf: Instant,
): Reason | null {
  const chains = directory?.chains ?? [];
  if (chains.every(({ points }) => points.length === 0)) return { code: 'no-chain' };
  const tip = directory?.tip ?? null;
  const live = chains.find(({ id }) => id === tip?.chain);
  if (tip === null || live === undefined) return { code: 'no-valid-point' };
  if (asked) return { code: 'asked-full' };
  if (desired.tracker === 'never') return { code: 'tracker-never' };
  if (live.closed !== null) return { code: live.closed };
  if (isFaultAfter(chains, live, tip.point)) return { code: 'parent-faulty' };
  const { maxPoints, maxAgeSeconds } = desired.retention.chain;
  const isFull = live.points.some(({ sequence }) => sequence >= lastSequence);
  if (live.points.length >= maxPoints || isFull) {
    return { code: 'chain-complete', facts: { points: live.points.length } };
  }
  const beganAt = inOrder(live.points, (a, b) => a.sequence - b.sequence)[0]?.at ?? asOf;
  if (maxAgeSeconds !== null && secondsBetween(beganAt, asOf) >= maxAgeSeconds) {
    return { code: 'chain-too-old', facts: { beganAt } };
  }
  return null;
}

/**
 * Whether a faulty point is newer than the newest valid one. Its checkpoint
 * counted on from there, so the one of the valid point is gone with it.
 */
function isFaultAfter(chains: readonly ObservedChain[], live: ObservedChain, tip: string): boolean {
  const sequence = live.points.find(({ id }) => id === tip)?.sequence ?? -1;
  return chains.some((chain) => {
    const order = byText(chain.id, live.id);
    if (order < 0) return false;
    return chain.points.some(
      (point) => point.fault !== undefined && (order > 0 || point.sequence > sequence),
    );
  });
}
