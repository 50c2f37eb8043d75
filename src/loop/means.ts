import type { Drivers, StoreLimits } from '../executor/drivers.ts';
import type { RunEvent } from '../model/event.ts';
import type { RunId } from '../model/identity.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import type { Files } from '../store/files.ts';

/** A plan, and what it was made from. */
export interface Planned {
  readonly plan: Plan;
  readonly observed: ObservedState;
}

/** What a plan is done with, and where this host remembers it: drivers, limits, clock. */
export interface Means {
  readonly drivers: Drivers;
  /** A new name for a run: the instant, and something that no other run of this host has. */
  readonly newRun: () => RunId;
  /** Actions at once. */
  readonly parallelism: number;
  /** Of each store of the policy, by its name. */
  readonly limitsOf: (observed: ObservedState) => ReadonlyMap<string, StoreLimits>;
  /** Bytes a second into all stores together; null for no limit. */
  readonly hostRateBytesPerSecond: number | null;
  readonly stateDir: string;
  /** Of the state directory. */
  readonly files: Files;
  /** The policy in force, for the diff that the next plan shows; null: it is not remembered. */
  readonly policyText: string | null;
  /** Told, in one sentence, of what went wrong beside the run. */
  readonly warn: (message: string) => void;
}

/** Who watches a run, and may stop it. */
export interface Stage {
  /** Told of everything as it happens; must not throw. */
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}
