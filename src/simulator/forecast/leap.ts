import type { Backup } from '../../model/backup-action.ts';
import type { DesiredDomain } from '../../model/desired.ts';
import { retentionOutcome } from '../../planner/deletions.ts';
import { planningOf } from '../../planner/planning-of.ts';
import { copiesAt, decisionOf, mayLeap } from './leap-mirrors.ts';
import { quietLength } from './quiet-length.ts';
import type { SizeModel } from './sizes.ts';
import type { Step } from './step.ts';
import {
  awaitsRemoval,
  backupAt,
  leaped,
  newStretch,
  placeOf,
  worldBefore,
  type Leap,
  type Stretch,
} from './stretch.ts';
import { withStore, type World } from './world.ts';

/** Goes over stretches in which nothing but the next increment happens. */
export interface Leaper {
  /** Learns from a step that was planned in full. */
  saw(step: Step): void;
  /** The world after a stretch that begins at an instant at which a point is due and ends before another; null: plan that one. */
  leap(world: World, dueMs: number, untilMs: number): Leap | null;
}

/**
 * A leaper for a world of one managed domain; for another it never leaps.
 *
 * Two questions decide a routine night: does a new chain begin (`newChainCause`),
 * and does retention let go of anything (`judge`)? Both are the planner's own
 * functions, and both answers can only turn from no to yes while increments are
 * added to the live chain: its length and age grow, and every rule counts from
 * the newest point, so that what is old only loses its marks. So if neither
 * happens at the n-th date, neither happened at an earlier one, and the first
 * date at which one does is found by halving, and planned in full. Of the last
 * date before it `retentionOutcome` tells what that plan doomed, for an apply
 * remembers it, and the next plan asks (G201).
 * `test/simulator/forecast-leap.test.ts` proves the claim against plans at every instant.
 */
export function newLeaper(start: World, sizes: SizeModel): Leaper {
  const [desired, ...more] = start.desired.domains;
  let increment: Backup | null = null;
  let blocked: ReadonlySet<string> = new Set();
  // Points in the live chain at the end of the last stretch: the next one often ends there too.
  let lastEnd = 0;
  if (desired === undefined || more.length > 0) return { saw: () => {}, leap: () => null };
  return {
    saw: ({ plan }) => {
      blocked = new Set(
        plan.actions.flatMap((action) =>
          action.kind === 'trash-chain' && action.blockedBy.length > 0 ? [action.chain] : [],
        ),
      );
      const backup = plan.actions.find(({ kind }) => kind === 'backup');
      if (backup?.kind === 'backup' && backup.level === 'increment') increment = backup;
    },
    leap: (world, dueMs, untilMs) => {
      const place = placeOf(world, desired);
      if (increment === null || place === null || awaitsRemoval(world, place)) return null;
      if (!mayLeap(world, desired)) return null;
      const given = { ...place, increment };
      const stretch = newStretch(world, desired, given, { dueMs, untilMs, sizes });
      const before = place.live.points.length;
      const known = { blocked, guess: lastEnd - before };
      const length = quietLength(stretch, world, desired, known);
      if (length < 1) return null;
      lastEnd = before + length;
      return remembered(leaped(world, desired, stretch, length), world, desired, stretch, length);
    },
  };
}

/** The leap, and in the store's memory what the plan of its last date would have doomed, here and at mirrors. */
function remembered(
  leap: Leap,
  start: World,
  desired: DesiredDomain,
  stretch: Stretch,
  count: number,
): Leap {
  const { uuid, mirrors } = desired;
  if (desired.retention.keep === null && mirrors.length === 0) return leap;
  const then = worldBefore(stretch, start, desired, count);
  const planning = planningOf(then.desired, then.observed);
  const domain = planning.domains.find((one) => one.uuid === uuid);
  if (domain === undefined) throw new Error(`${desired.name} is not in its own world`);
  const backup = backupAt(stretch, count);
  const { doomed } = retentionOutcome(planning, domain, decisionOf(backup));
  const there = copiesAt(then, backup).doomed;
  const observed = withStore(leap.world.observed, stretch.store.name, (store) => ({
    ...store,
    memory:
      store.memory === null
        ? null
        : {
            ...store.memory,
            doomed: doomed.length === 0 ? {} : { [uuid]: doomed },
            ...(store.memory.mirrors === undefined
              ? {}
              : {
                  mirrors: mapValues(store.memory.mirrors, (one, name) => ({
                    ...one,
                    doomed: there[name] ?? {},
                  })),
                }),
          },
  }));
  return { ...leap, world: { ...leap.world, observed } };
}

function mapValues<T>(
  all: Readonly<Record<string, T>>,
  change: (value: T, key: string) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, change(value, key)]));
}
