import { digestOf } from '../model/canonical.ts';
import {
  chainId,
  pointId,
  type ChainId,
  type DomainUuid,
  type PointId,
} from '../model/identity.ts';
import { addSeconds, compactInstant, type Instant } from '../model/instant.ts';
import type { ObservedDirectory } from '../model/observed-store.ts';
import type { ObservedDomain } from '../model/observed.ts';

/** What makes an id: the planner throws no dice. */
export interface IdSeed {
  readonly observedAt: Instant;
  readonly store: string;
  readonly uuid: DomainUuid;
}

/**
 * An id of this plan's instant that nothing has yet. Four digits collide once
 * in 65,536 plans of one second; then the next digest is taken.
 */
function freeId(kind: string, seed: IdSeed, isTaken: (id: string) => boolean): string {
  for (let round = 0; ; round += 1) {
    const digest = digestOf([kind, seed.observedAt, seed.store, seed.uuid, round]);
    const id = `${compactInstant(seed.observedAt)}-${digest.slice(0, 4)}`;
    if (!isTaken(id)) return id;
  }
}

/** A new point's id: no point, `.incoming-` directory, checkpoint or bitmap of the domain has it. */
export function newPointId(
  seed: IdSeed,
  directory: ObservedDirectory | null,
  domain: ObservedDomain,
): PointId {
  const names: string[] = domain.checkpoints.seen
    ? domain.checkpoints.value.map(({ name }) => name)
    : [];
  for (const { bitmaps } of domain.disks) {
    if (bitmaps?.seen === true) names.push(...bitmaps.value.map(({ name }) => name));
  }
  const isTaken = (id: string): boolean =>
    names.some((name) => name.endsWith(id)) ||
    (directory?.incoming.some(({ point }) => point === id) ?? false) ||
    (directory?.chains.some(({ points }) => points.some((point) => point.id === id)) ?? false);
  return pointId(freeId('point', seed, isTaken));
}

/** The second after the one in an id, `20261122T020000Z-…`. */
function secondAfter(id: string): Instant {
  const [, date = '', time = ''] = /^(\d{8})T(\d{6})Z/.exec(id) ?? [];
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  const clock = `${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}`;
  return addSeconds(`${day}T${clock}.000Z`, 1);
}

/**
 * A new chain's id. The order of ids is the order of chains, so it is later
 * than every id there is, even where a clock that went back would make it
 * earlier: the new chain must be the one that goes on.
 */
export function newChainId(given: IdSeed, directory: ObservedDirectory | null): ChainId {
  const newest = (directory?.chains ?? []).reduce((last, { id }) => (id > last ? id : last), '');
  const seed =
    newest.slice(0, 16) < compactInstant(given.observedAt)
      ? given
      : { ...given, observedAt: secondAfter(newest) };
  const isTaken = (id: string): boolean =>
    (directory?.chains.some((chain) => chain.id === id) ?? false) ||
    (directory?.incoming.some(({ chain }) => chain === id) ?? false);
  return chainId(freeId('chain', seed, isTaken));
}
