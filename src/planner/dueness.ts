import type { Schedule } from '../model/desired.ts';
import type { DomainUuid } from '../model/identity.ts';
import { instantOf, type Instant } from '../model/instant.ts';
import type { ObservedDirectory } from '../model/observed-store.ts';
import type { Reason } from '../model/reason.ts';
import { lastDueAt } from '../schedule/due.ts';

/** The instants that points are counted to. */
export interface Clock {
  readonly asOf: Instant;
  readonly asOfMs: number;
  readonly observedMs: number;
}

/**
 * Milliseconds of the newest valid point; null without one. Points that are
 * dated later than the observation are not counted (G154); those between the
 * plan's instant and the observation count as at the plan's (I3).
 */
export function newestValidMs(directory: ObservedDirectory | null, clock: Clock): number | null {
  const until = instantOf(clock.observedMs);
  let newest = '';
  for (const chain of directory?.chains ?? []) {
    for (const point of chain.points) {
      // Instants compare as texts: a million of them need no parsing.
      if (point.fault === undefined && point.at <= until && point.at > newest) newest = point.at;
    }
  }
  return newest === '' ? null : Math.min(Date.parse(newest), clock.asOfMs);
}

/**
 * Why a point is due; null if none is. Level-triggered (G409): one point for
 * the newest slot that has none, however many slots went by meanwhile.
 */
export function dueReason(
  schedule: Schedule,
  uuid: DomainUuid,
  freshMs: number | null,
  clock: Clock,
): Reason | null {
  const dueAt = lastDueAt(schedule, clock.asOf, uuid);
  if (freshMs === null) return { code: 'due', facts: { dueAt } };
  if (freshMs >= Date.parse(dueAt)) return null;
  return { code: 'due', facts: { dueAt, newestAt: instantOf(freshMs) } };
}
