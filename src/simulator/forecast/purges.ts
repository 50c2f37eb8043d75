import { addSeconds, instantOf, millisecondsOf } from '../../model/instant.ts';
import { copyPurges } from '../../planner/copy-deletions.ts';
import { purges } from '../../planner/deletions.ts';
import { planningOf } from '../../planner/planning-of.ts';
import { applyActions } from './apply-actions.ts';
import { removalEvents, type CopyEvent } from './copy-events.ts';
import type { ForecastEvent } from './forecast-event.ts';
import { copyExpiries } from './mirror-world.ts';
import type { SizeModel } from './sizes.ts';
import { purgeEvent } from './step.ts';
import { readyStores, type World } from './world.ts';

const noSizes: SizeModel = { startMs: 0, yearlyGrowth: 0, domains: new Map() };

/**
 * What leaves the trash for good up to an instant, each at the instant at which
 * its time is over. Whether it is over says the planner's own `purges`; the rest
 * of the plan is not asked, for nothing else of it looks at the trash. Only for
 * worlds in which no guard withholds anything.
 */
export function purgesUntil(
  world: World,
  untilMs: number,
): {
  readonly world: World;
  readonly events: readonly ForecastEvent[];
  readonly copies: readonly CopyEvent[];
} {
  const over = expiries(world).filter((atMs) => atMs < untilMs);
  const events: ForecastEvent[] = [];
  const copies: CopyEvent[] = [];
  let { observed } = world;
  for (const atMs of over.toSorted((a, b) => a - b)) {
    const then = { ...observed, observedAt: instantOf(atMs) };
    const planning = planningOf(world.desired, then);
    const actions = purges(planning);
    const there = copyPurges(planning, []);
    events.push(...actions.map((action) => purgeEvent(action, atMs)));
    copies.push(...removalEvents(there, observed, atMs));
    observed = applyActions(observed, [...actions, ...there], noSizes);
  }
  return { world: { ...world, observed }, events, copies };
}

/** The instants at which something in the trash has had its time, each once. */
function expiries(world: World): readonly number[] {
  const { desired, observed } = world;
  const keep = new Map(
    desired.stores.map(({ name, trashKeepSeconds }) => [name, trashKeepSeconds]),
  );
  return [
    ...new Set([
      ...copyExpiries(world),
      ...readyStores(observed).flatMap(({ name, state }) =>
        state.trash.map(({ trashedAt }) =>
          millisecondsOf(addSeconds(trashedAt, keep.get(name) ?? 0)),
        ),
      ),
    ]),
  ];
}
