import type { Action } from '../model/action.ts';
import type { Outcome } from '../model/event.ts';
import { mirrorOf } from './mirror-of.ts';

/** What the scheduler is told beside the actions. */
export interface Scheduling {
  /** In the order of the plan, without those that a guard blocks. */
  readonly actions: readonly Action[];
  /** Outcomes that are known already, from the first look at all preconditions. */
  readonly settled: ReadonlyMap<string, Outcome>;
  /** Actions at once on this host, and as many at each mirror. */
  readonly parallelism: number;
  /** Backups at once into a store, by its name. */
  readonly jobs: (store: string) => number;
  /** Does one action; never rejects. */
  readonly perform: (action: Action) => Promise<Outcome>;
  /** Told of actions that are settled without being performed. */
  readonly skip: (action: Action, because: string) => void;
  readonly signal: AbortSignal;
}

/** The scheduling of a run, and what became of its actions so far. */
interface State extends Scheduling {
  readonly known: ReadonlySet<string>;
  readonly outcomes: Map<string, Outcome>;
}

const waves = [10, 20, 30, 40, 50, 90] as const;

/** Whether those who depend on an action may go on. */
export function succeeded(outcome: Outcome | undefined): boolean {
  return outcome?.code === 'done' || outcome?.code === 'already';
}

/**
 * Does the actions, wave after wave; within a wave several at a time, but of
 * one domain only one, of one store no more than its limit. A failed action
 * skips those that depend on it and no others (I8). Deletions come last, one
 * at a time, and a failed one stops the rest. Each mirror is a world of its own:
 * one that is slow takes nobody's turn, and a failed deletion there stops those there (I9).
 */
export async function schedule(scheduling: Scheduling): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map(scheduling.settled);
  const known = new Set(scheduling.actions.map(({ id }) => id));
  for (const wave of waves) {
    const actions = scheduling.actions.filter(
      (action) => action.wave === wave && !outcomes.has(action.id),
    );
    // One at a time: the next deletion starts only if the last one is known to be good.
    const parallelism = wave === 90 ? 1 : scheduling.parallelism;
    await runWave(actions, { ...scheduling, parallelism, known, outcomes });
  }
  return outcomes;
}

async function runWave(actions: readonly Action[], state: State): Promise<void> {
  const { outcomes } = state;
  const pending = new Set(actions);
  const running = new Map<Action, Promise<void>>();
  const start = async (action: Action): Promise<void> => {
    outcomes.set(action.id, await state.perform(action));
    running.delete(action);
  };
  const skip = (action: Action, because: string): void => {
    pending.delete(action);
    outcomes.set(action.id, { code: 'skipped', because });
    state.skip(action, because);
  };
  try {
    while (pending.size > 0 || running.size > 0) {
      const before = pending.size;
      for (const action of pending) {
        const because = skipReason(action, state);
        if (because !== null) skip(action, because);
        else if (mayStart(action, [...running.keys()], state)) {
          pending.delete(action);
          running.set(action, start(action));
        }
      }
      if (running.size > 0) await Promise.race(running.values());
      else if (pending.size === before) {
        // Nothing runs and nothing may start: what is left waits for itself or for a later wave.
        for (const action of pending) skip(action, missing(action, outcomes) ?? action.id);
      }
    }
  } finally {
    // Where one ends in a fault of ours, nothing goes on behind a run that is over, and no fault goes unheard.
    await Promise.allSettled(running.values());
  }
}

/** A dependency that has no outcome. */
function missing(action: Action, outcomes: ReadonlyMap<string, Outcome>): string | undefined {
  return action.dependsOn.find((id) => !outcomes.has(id));
}

/** Why an action will not be done at all; null if it may be. */
function skipReason(action: Action, state: State): string | null {
  const { outcomes, known } = state;
  if (state.signal.aborted) return 'interrupted';
  const broken = action.dependsOn.find(
    (id) => !known.has(id) || (outcomes.has(id) && !succeeded(outcomes.get(id))),
  );
  if (broken !== undefined) return broken;
  if (action.wave !== 90) return null;
  const before = state.actions.find(
    (other) =>
      ((other.wave === 90 || isPurge(other)) &&
        outcomes.get(other.id)?.code === 'failed' &&
        (mirrorOf(other) === null || nameOf(other) === nameOf(action))) ||
      // What a check of this run found damaged counted for a point when the plan was made.
      ((other.kind === 'verify-points' || other.kind === 'verify-copies') &&
        other.domain.uuid === domainOf(action) &&
        outcomes.get(other.id)?.code === 'failed') ||
      // G208, whatever the plan says: nothing of a domain goes while its backup did not come.
      (other.kind === 'backup' &&
        other.domain.uuid === domainOf(action) &&
        !succeeded(outcomes.get(other.id))),
  );
  return before?.id ?? null;
}

function mayStart(action: Action, running: readonly Action[], state: State): boolean {
  const beside = running.filter((other) => nameOf(other) === nameOf(action));
  if (beside.length >= atOnce(action, state)) return false;
  if (!action.dependsOn.every((id) => succeeded(state.outcomes.get(id)))) return false;
  const domain = domainOf(action);
  if (domain !== null && beside.some((other) => domainOf(other) === domain)) return false;
  // The host has memory for one machine more.
  if (action.kind === 'drill') return beside.every(({ kind }) => kind !== 'drill');
  if (action.kind === 'verify-points') {
    // One reader at a time: the limit is the store's, and a disk reads two files at once at half the speed.
    return !running.some(
      (other) => other.kind === 'verify-points' && other.store.name === action.store.name,
    );
  }
  if (action.kind === 'verify-copies') return !beside.some(({ kind }) => kind === action.kind);
  if (action.kind !== 'backup') return true;
  const store = action.store.name;
  const busy = running.filter((other) => other.kind === 'backup' && other.store.name === store);
  return busy.length < state.jobs(store);
}

/** Also where it makes room before the deletions: one that fails stops them. */
function isPurge({ kind }: Action): boolean {
  return kind === 'purge-trash' || kind === 'purge-copies';
}

/** Actions at once where this one is done: a mirror's bandwidth is for all copies, and each has a program of its own. */
function atOnce(action: Action, { parallelism }: State): number {
  const isLimited = (mirrorOf(action)?.bandwidthBytesPerSecond ?? null) !== null;
  return isLimited ? 1 : parallelism;
}

/** The mirror that an action is done at; null for this host. */
function nameOf(action: Action): string | null {
  return mirrorOf(action)?.name ?? null;
}

function domainOf(action: Action): string | null {
  return action.kind === 'create-store' ? null : action.domain.uuid;
}
