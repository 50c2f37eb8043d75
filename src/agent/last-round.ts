import { instantOf } from '../model/instant.ts';
import type { AgentRoundResult } from './agent-round.ts';
import type { LastRound } from './agent-state.ts';
import type { Wake } from './alarm.ts';

/** What `status` tells of a round that was done. */
export function lastRound(
  result: AgentRoundResult,
  wakes: readonly Wake[],
  seconds: number,
): LastRound {
  const { plan, performed } = result.round;
  const report = performed?.report ?? null;
  return {
    at: plan.plannedAt,
    why: wakes.map(({ why }) => why),
    mode: plan.request.agent?.mode ?? 'full',
    done: report?.done ?? 0,
    failed: (report?.failed ?? 0) + (report?.stale ?? 0),
    withheld: plan.actions.filter(({ blockedBy }) => blockedBy.length > 0).length,
    seconds,
    commit: plan.policy.commit,
    policyDigest: plan.policy.digest,
    trouble: null,
  };
}

/** What it tells of one that was none: why, beside what was known before. */
export function troubled(
  before: LastRound | null,
  wakes: readonly Wake[],
  begun: number,
  trouble: string,
): LastRound {
  return {
    at: instantOf(begun),
    why: wakes.map(({ why }) => why),
    mode: before?.mode ?? 'observe',
    done: 0,
    failed: 0,
    withheld: 0,
    seconds: 0,
    commit: before?.commit ?? null,
    policyDigest: before?.policyDigest ?? '',
    trouble,
  };
}
