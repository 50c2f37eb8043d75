import type { WakeReason } from '../../src/agent/alarm.ts';
import type { AgentMode } from '../../src/model/agent.ts';
import type { Approval } from '../../src/model/approval.ts';
import type { RunId } from '../../src/model/identity.ts';
import type { Instant } from '../../src/model/instant.ts';
import type { Window } from '../../src/schedule/window.ts';
import type { ModelPolicy } from '../../src/simulator/model-policy.ts';
import type { LoopResult } from '../../src/simulator/run-loop.ts';

export const stateDir = '/var/lib/holdfast';

/** What the agent remembers, and `status` reads. */
export const stateFile = `${stateDir}/agent.json`;

/** What people told the agent, known here apart from the product's own files. */
export interface Told {
  readonly policyMode: AgentMode;
  readonly hostMode: AgentMode;
  readonly windows: readonly Window[];
  readonly suspended: readonly { readonly address: string; readonly until: Instant }[];
  readonly approvals: readonly Approval[];
}

/** A round as it went, with what the agent had been told when it began. */
export interface ToldRound {
  readonly told: Told;
  readonly wakes: readonly WakeReason[];
  readonly policy: ModelPolicy;
  readonly run: RunId | null;
  readonly result: LoopResult;
}
