import type { Action } from './action.ts';
import type { Instant } from './instant.ts';
import type { Guard, Plan } from './plan.ts';
import type { SimulationComparison } from './simulation.ts';

/** A chain that the change lets go of, and the base keeps. */
export interface LostChain {
  /** Of the chain; on a mirror with the mirror's name. */
  readonly address: string;
  readonly points: number;
  /** null: not known. */
  readonly bytes: number | null;
}

/**
 * What a change of the policy alone does: both policies planned on one
 * observation, and the difference. Plain JSON; result of `plan --base REV --json`.
 */
export interface PolicyChange {
  readonly formatVersion: 1;
  readonly host: string;
  /** When what is was observed. */
  readonly at: Instant;
  readonly timezone: string;
  /** The revision as it was named, and the commit that it is. */
  readonly revision: string;
  readonly base: Plan['policy'];
  readonly policy: Plan['policy'];
  /** The policies mean the same: only comments, order or spelling differ. */
  readonly isSame: boolean;
  /** Actions of the new plan that the base's has not, in its order. */
  readonly added: readonly Action[];
  /** Actions of the base's plan that the new one has not. */
  readonly removed: readonly Action[];
  /** Actions of both that are done otherwise, as the new plan has them. */
  readonly changed: readonly Action[];
  /** Guards that speak with the new policy only, and with the base only. */
  readonly guards: { readonly added: readonly Guard[]; readonly removed: readonly Guard[] };
  /** Names of domains that only one of the policies backs up. */
  readonly covered: { readonly added: readonly string[]; readonly removed: readonly string[] };
  /** Restore points that go with the new policy, blocked or not, and stay with the base. */
  readonly lost: readonly LostChain[];
  readonly lostPoints: number;
  /** null: of some it is not known. */
  readonly lostBytes: number | null;
  /** The next 30 days: `this` is the base, `other` the new policy; null where nothing could be simulated. */
  readonly forecast: SimulationComparison | null;
  /** Why there is no forecast. */
  readonly forecastFailure: string | null;
  /** The plan of the new policy. */
  readonly plan: Plan;
}
