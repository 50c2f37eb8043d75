import { secondsBetween, type Instant } from '../../model/instant.ts';
import type { StoreMemory } from '../../model/observed-store.ts';
import type { Guard } from '../../model/plan.ts';
import type { Planning } from '../planning.ts';
import { destructive, finding, type GuardRule } from './guard-context.ts';

// NTP steps a clock by less than this in a day; a wrong time zone or a dead
// battery moves it by an hour at least.
const driftSeconds = 3600;

/**
 * G154: with a clock that moved, age means nothing, so nothing is deleted. In
 * the same boot, wall clock and boot clock must have moved together since the
 * last apply; after a boot, the clock must not be behind anything written.
 */
export const g154Clock: GuardRule = ({ planning, actions }) => {
  const facts = clockFacts(planning);
  if (facts === null) return [];
  return [
    finding({
      code: 'G154',
      scope: 'host',
      effect: 'block',
      overridable: true,
      actions: destructive(actions),
      facts,
    }),
  ];
};

function clockFacts(planning: Planning): NonNullable<Guard['facts']> | null {
  const { observedAt, host } = planning.observed;
  const memories = planning.stores.flatMap(({ ready }): readonly StoreMemory[] =>
    ready === null || ready.memory === null ? [] : [ready.memory],
  );
  for (const memory of memories.filter(({ bootId }) => bootId === host.bootId)) {
    const wall = secondsBetween(memory.at, observedAt);
    const boot = host.bootClockSeconds - memory.bootClockSeconds;
    const drift = Math.round(wall - boot);
    if (Math.abs(drift) > driftSeconds)
      return {
        how: 'moved',
        direction: drift < 0 ? 'back' : 'ahead',
        seconds: Math.abs(drift),
      };
  }
  if (memories.some(({ bootId }) => bootId === host.bootId)) return null;
  const newest = newestWritten(planning, memories);
  return newest > observedAt ? { how: 'behind', newestAt: newest } : null;
}

/** The latest instant that anything of ours carries: memory, manifests, journals. */
function newestWritten(planning: Planning, memories: readonly StoreMemory[]): Instant {
  let newest = '';
  const see = (at: Instant): void => {
    if (at > newest) newest = at;
  };
  for (const { at } of memories) see(at);
  for (const { ready } of planning.stores) {
    for (const { chains } of ready?.directories ?? []) {
      for (const { points } of chains) for (const { at } of points) see(at);
    }
  }
  const { runs } = planning.observed;
  for (const { startedAt } of runs.seen ? runs.value : []) see(startedAt);
  return newest;
}
