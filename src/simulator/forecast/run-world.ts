import type { DesiredDomain } from '../../model/desired.ts';
import type { DomainUuid } from '../../model/identity.ts';
import { addSeconds, instantOf, millisecondsOf } from '../../model/instant.ts';
import type { Plan } from '../../model/plan.ts';
import { nextDueAt } from '../../schedule/due.ts';
import type { CopyEvent } from './copy-events.ts';
import type { ForecastEvent } from './forecast-event.ts';
import { newLeaper } from './leap.ts';
import { copyExpiries } from './mirror-world.ts';
import { purgesUntil } from './purges.ts';
import type { SizeModel } from './sizes.ts';
import { stepWorld, type GuardEvent, type Step } from './step.ts';
import { readyStores, type World } from './world.ts';

/** Over which time, with which sizes, and how a world is run. */
export interface RunOptions {
  readonly untilMs: number;
  readonly sizes: SizeModel;
  /** True: everything is planned at every instant; a proof for tests, and slow. */
  readonly plain: boolean;
}

/** What happened, in the order of time, and how it ended. */
export interface WorldRun {
  readonly events: readonly ForecastEvent[];
  /** The same at mirrors. */
  readonly copies: readonly CopyEvent[];
  readonly guards: readonly GuardEvent[];
  readonly world: World;
  /** How the last plan left each domain. */
  readonly verdicts: Plan['domains'];
}

// The first plan on a store without a memory deletes nothing (G153); the apply
// after it does. Who runs one by hand looks again within the hour.
const secondLookSeconds = 3600;

/**
 * Runs a world from its own instant: an apply then, a second one an hour later,
 * and from there on one at each instant at which a point is due or something in
 * the trash has had its time, as an agent would, or a timer that fires often.
 */
export function runWorld(start: World, options: RunOptions): WorldRun {
  const { untilMs, sizes, plain } = options;
  const events: ForecastEvent[] = [];
  const copies: CopyEvent[] = [];
  const guards: GuardEvent[] = [];
  const take = (step: Step): World => {
    events.push(...step.events);
    copies.push(...step.copies);
    guards.push(...step.guards);
    return step.world;
  };
  const { observedAt } = start.observed;
  const due = dueDates(start, addSeconds(observedAt, secondLookSeconds));
  let last = stepWorld(start, observedAt, sizes);
  let world = take(last);
  last = stepWorld(world, addSeconds(observedAt, secondLookSeconds), sizes);
  world = take(last);
  const leaper = newLeaper(start, sizes);
  for (;;) {
    const dueMs = due.nextMs();
    if (!plain) {
      // What a guard may withhold is planned in full, when its time is over.
      const isFree = last.plan.guards.every(({ effect }) => effect === 'allowed');
      const endMs = Math.min(untilMs, isFree ? Infinity : nextPurgeMs(world));
      const leap = dueMs < endMs ? leaper.leap(world, dueMs, endMs) : null;
      if (leap !== null) {
        events.push(...leap.events);
        copies.push(...leap.copies);
        world = leap.world;
        due.passed(millisecondsOf(world.observed.observedAt));
        continue;
      }
      if (isFree) {
        const purged = purgesUntil(world, Math.min(dueMs, untilMs));
        events.push(...purged.events);
        copies.push(...purged.copies);
        world = purged.world;
      }
    }
    const nextMs = Math.min(dueMs, nextPurgeMs(world));
    if (nextMs >= untilMs) break;
    last = stepWorld(world, instantOf(nextMs), sizes);
    world = take(last);
    leaper.saw(last);
    if (!plain) due.dropIdle(nextMs, last);
    due.passed(nextMs);
  }
  return {
    events: events.toSorted((a, b) => a.atMs - b.atMs),
    copies: copies.toSorted((a, b) => a.event.atMs - b.event.atMs),
    guards,
    world,
    verdicts: last.plan.domains,
  };
}

/** When something in the trash has had its time; Infinity when it is empty. */
function nextPurgeMs(world: World): number {
  const { desired, observed } = world;
  const keep = new Map(
    desired.stores.map(({ name, trashKeepSeconds }) => [name, trashKeepSeconds]),
  );
  const nowMs = millisecondsOf(observed.observedAt);
  let next = Infinity;
  for (const { name, state } of readyStores(observed)) {
    for (const { trashedAt } of state.trash) {
      const overMs = millisecondsOf(trashedAt) + (keep.get(name) ?? Infinity) * 1000;
      // What is over already and still there is withheld by a guard.
      if (overMs > nowMs) next = Math.min(next, overMs);
    }
  }
  for (const overMs of copyExpiries(world)) if (overMs > nowMs) next = Math.min(next, overMs);
  return next;
}

/** When the domains of a world are due next. */
interface DueDates {
  /** Infinity when nothing will be. */
  nextMs(): number;
  /** Time has come to this instant. */
  passed(atMs: number): void;
  /** Domains that were due in this step and got no point: nothing in a modelled world ever changes that. */
  dropIdle(atMs: number, step: Step): void;
}

const next = ({ schedule, uuid }: DesiredDomain, after: string): number =>
  millisecondsOf(nextDueAt(schedule, after, uuid));

function dueDates(start: World, from: string): DueDates {
  const due = new Map<DomainUuid, number>();
  const byUuid = new Map(start.desired.domains.map((domain) => [domain.uuid, domain]));
  for (const domain of byUuid.values()) due.set(domain.uuid, next(domain, from));
  const slots = mirrorSlots(start, from);
  return {
    nextMs: () => Math.min(slots.nextMs(), ...due.values()),
    passed: (atMs) => {
      slots.passed(atMs);
      for (const [uuid, dueMs] of due) {
        const domain = byUuid.get(uuid);
        if (dueMs <= atMs && domain !== undefined) due.set(uuid, next(domain, instantOf(atMs)));
      }
    },
    dropIdle: (atMs, { events }) => {
      const taken = new Set(events.flatMap(({ kind, uuid }) => (kind === 'backup' ? [uuid] : [])));
      for (const [uuid, dueMs] of due) if (dueMs === atMs && !taken.has(uuid)) due.delete(uuid);
    },
  };
}

// An agent looks again after five minutes: what was taken at the very instant of a mirror's slot is copied then.
const lookAgainMs = 300_000;

/** When mirrors with a schedule of their own are due, domain by domain, and once more right after. */
function mirrorSlots({ desired }: World, from: string): Pick<DueDates, 'nextMs' | 'passed'> {
  const slots = desired.domains.flatMap(({ uuid, mirrors }) =>
    desired.mirrors.flatMap(({ name, schedule }) =>
      schedule === null || !mirrors.includes(name)
        ? []
        : [
            {
              atMs: millisecondsOf(nextDueAt(schedule, from, uuid)),
              isSecond: false,
              after: (ms: number) => millisecondsOf(nextDueAt(schedule, instantOf(ms), uuid)),
            },
          ],
    ),
  );
  return {
    nextMs: () => slots.reduce((least, { atMs }) => Math.min(least, atMs), Infinity),
    passed: (nowMs) => {
      for (const slot of slots) {
        while (slot.atMs <= nowMs) {
          if (slot.isSecond) slot.atMs = slot.after(slot.atMs - lookAgainMs);
          else slot.atMs += lookAgainMs;
          slot.isSecond = !slot.isSecond;
        }
      }
    },
  };
}
