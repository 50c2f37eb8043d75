import type { DesiredDomain } from '../../model/desired.ts';
import { instantOf, millisecondsOf } from '../../model/instant.ts';
import { newChainCause } from '../../planner/chain-cause.ts';
import { judge } from '../../planner/retention.ts';
import { isQuietAt } from './leap-mirrors.ts';
import { backupAt, directoryAfter, worldBefore, type Stretch } from './stretch.ts';
import type { World } from './world.ts';

/** How many dates from the first may be gone over. */
export function quietLength(
  stretch: Stretch,
  world: World,
  desired: DesiredDomain,
  { blocked, guess }: { readonly blocked: ReadonlySet<string>; readonly guess: number },
): number {
  const { points, live } = stretch;
  const { timezone } = world.desired;
  const grows = (count: number): boolean =>
    newChainCause(
      directoryAfter(stretch, count - 1),
      desired,
      false,
      points[count - 1]?.at ?? '',
    ) === null;
  const rule = { retention: desired.retention, timezone, rawOnly: false };
  const keeps = (count: number): boolean => {
    if (desired.retention.keep === null) return true;
    const atMs = millisecondsOf(points[count - 1]?.at ?? '');
    const clock = { asOf: instantOf(atMs), asOfMs: atMs, observedMs: atMs };
    const added = [{ atMs, chain: live.id }];
    const { line, doomed } = judge(directoryAfter(stretch, count - 1), clock, added, rule);
    return doomed.every((index) => blocked.has(line.chains[index]?.id ?? ''));
  };
  const alone = lastTrue(lastTrue(points.length, grows), keeps, guess);
  if (desired.mirrors.length === 0) return alone;
  return lastTrue(
    alone,
    (count) => isQuietAt(worldBefore(stretch, world, desired, count), backupAt(stretch, count)),
    guess,
  );
}

/** The greatest number up to `most` for which a question that only ever turns to false is true; 0 if none. */
function lastTrue(most: number, holds: (count: number) => boolean, guess = 0): number {
  if (most === 0 || holds(most)) return most;
  let [yes, no] = [0, most];
  // A guess that is right is found out by asking on both sides of it.
  let asked: readonly number[] = guess > 0 && guess < most ? [guess, guess + 1] : [];
  while (no - yes > 1) {
    const [first] = asked.filter((count) => count > yes && count < no);
    const middle = first ?? (yes + no) >> 1;
    asked = asked.filter((count) => count !== middle);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
