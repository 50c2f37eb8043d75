import type { Action } from './action.ts';
import type { RunId } from './identity.ts';
import type { Instant } from './instant.ts';

/** What the agent may do, from the least to the most. */
export const agentModes = ['observe', 'plan-only', 'additive', 'full'] as const;

/**
 * `observe`: it looks and tells. `plan-only`: it shows its plan too. `additive`: backups, copies and
 * repairs, never a deletion of points. `full`: all that the policy says.
 */
export type AgentMode = (typeof agentModes)[number];

/** The least of what policy, host file and command line say: a ceiling of the host beats the policy. */
export function modeInForce(
  policy: AgentMode,
  hostFile: AgentMode,
  commandLine: AgentMode | null,
): AgentMode {
  const said = [policy, hostFile, commandLine];
  return agentModes.find((mode) => said.includes(mode)) ?? policy;
}

/** A person has told the agent to leave something alone for a time. */
export interface Suspension {
  /** `host`, or a domain's address. */
  readonly address: string;
  readonly reason: string;
  readonly who: string;
  readonly at: Instant;
  readonly until: Instant;
}

/** An action that failed again and again while nothing changed (G404). */
export interface Stall {
  /** As `actionKey` makes it. */
  readonly action: string;
  readonly times: number;
  /** Not before that is it tried again. */
  readonly retryAt: Instant;
}

/** What holds the agent back in one round, beside the policy: part of what is asked for, and so of the plan. */
export interface AgentLimits {
  readonly mode: AgentMode;
  readonly suspended: readonly Suspension[];
  readonly stalled: readonly Stall[];
  /** When the next window opens; null: one is open, or there are none. */
  readonly opensAt: Instant | null;
  /** Runs of the agent that moved chains to the trash: in `additive`, what they moved stays there. */
  readonly ownTrash: readonly RunId[];
}

/** What an action is called from plan to plan: its kind, and what it is about. */
export function actionKey({ kind, address }: Pick<Action, 'kind' | 'address'>): string {
  return `${kind} ${address}`;
}
