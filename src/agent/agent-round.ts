import type { Means, Planned, Stage } from '../loop/means.ts';
import { runRound, type Round, type RoundResult } from '../loop/round.ts';
import type { AgentLimits, AgentMode } from '../model/agent.ts';
import type { Approval } from '../model/approval.ts';
import type { RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import { noRequest, runnableActions } from '../model/plan.ts';
import { ok } from '../model/result.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { opensAt, type Window } from '../schedule/window.ts';
import type { AgentState, Failing } from './agent-state.ts';
import { failingAfter, stallsOf, stillFailing } from './breaker.ts';
import { nextWake } from './next-wake.ts';
import type { Suspensions } from './suspensions.ts';

/** What a round of the agent works with: the loop's drivers, and what holds the agent back. */
export interface AgentRound {
  readonly look: () => Promise<ObservedState>;
  readonly desiredOf: Round<never>['desiredOf'];
  readonly means: Means;
  readonly mode: AgentMode;
  readonly windows: readonly Window[];
  readonly suspensions: Suspensions;
  /** What people approved, and is not done yet. */
  readonly approvals: readonly Approval[];
  readonly state: Pick<AgentState, 'failing' | 'trashRuns'>;
  /** Shows the plan and opens what its run is told to; null: it is not to be done. */
  readonly admit: (planned: Planned) => Promise<Stage | null>;
  /** Told when the closing look begins: what happened before is seen by it. */
  readonly lastLook: () => void;
}

/** What a round leaves for the next one. */
export interface AgentRoundResult {
  readonly round: RoundResult;
  /** The newest look: after the run, if there was one. */
  readonly seen: ObservedState;
  readonly failing: readonly Failing[];
  readonly trashRuns: readonly RunId[];
  /** The next instant at which a look is worth it; null: only the interval knows. */
  readonly wakeAt: Instant | null;
  /** Something came up during the run that its plan did not know, or moved on under it. */
  readonly isWorkLeft: boolean;
}

/** One round of the agent: the same as `apply`, held back by mode, windows, suspensions and breaker. */
export async function agentRound(request: AgentRound): Promise<AgentRoundResult> {
  let before: ObservedState | null = null;
  let failing: readonly Failing[] = [];
  let hasRun = false;
  const round = await runRound<never>({
    look: async (when) => {
      // Where nothing was done there is nothing new to see: a loop that is idle looks once.
      if (when === 'after' && !hasRun && before !== null) return before;
      if (when === 'after') request.lastLook();
      before = await request.look();
      return before;
    },
    desiredOf: request.desiredOf,
    planOf: (desired, observed) => {
      const { suspensions, state } = request;
      const { digest } = desired.policy;
      failing = stillFailing(state.failing, suspensions.resumed, observed, digest);
      const agent = limitsOf(request, failing, observed, desired.timezone);
      const { approvals } = request;
      const approved = approvals.length === 0 ? {} : { approvals };
      const asked = { ...noRequest, ...approved, unattended: true, agent };
      return ok(planPolicy(desired, observed, asked));
    },
    isSaved: false,
    admit: async (planned) => {
      hasRun = runnableActions(planned.plan).length > 0;
      return request.admit(planned);
    },
    means: request.means,
  });
  if (!round.ok) throw new Error('a round of the agent always has a plan');
  return { ...resultOf(round.value, failing, request), seen: before ?? round.value.observed };
}

function limitsOf(
  { mode, windows, suspensions, state }: AgentRound,
  failing: readonly Failing[],
  { observedAt, stores }: ObservedState,
  timezone: string,
): AgentLimits {
  const trash = new Set(
    stores.flatMap((store) =>
      store.state.kind === 'ready' ? store.state.trash.map(({ run }) => run) : [],
    ),
  );
  return {
    mode,
    suspended: suspensions.suspended.filter(({ until }) => until > observedAt),
    stalled: stallsOf(failing).filter(({ retryAt }) => retryAt > observedAt),
    opensAt: opensAt(windows, observedAt, timezone),
    ownTrash: state.trashRuns.filter((run) => trash.has(run)),
  };
}

function resultOf(
  round: RoundResult,
  before: readonly Failing[],
  { state, desiredOf }: AgentRound,
): Omit<AgentRoundResult, 'seen'> {
  const { plan, observed, performed } = round;
  const report = performed?.report ?? null;
  const next = performed?.closing.next ?? plan;
  const failing = failingAfter(before, plan, report, observed);
  const hasTrashed = report?.actions.some(
    ({ kind, outcome }) => kind === 'trash-chain' && outcome.code === 'done',
  );
  // What went stale met a world that had moved on, and is for the next plan as much as what came up meanwhile.
  const stale = new Set(
    report?.actions.flatMap(({ id, outcome }) => (outcome.code === 'stale' ? [id] : [])),
  );
  const tried = new Set(plan.actions.flatMap(({ id }) => (stale.has(id) ? [] : [id])));
  const isNew = ({ id }: { readonly id: string }): boolean => !tried.has(id);
  return {
    round,
    failing,
    trashRuns: hasTrashed && report !== null ? [...state.trashRuns, report.run] : state.trashRuns,
    wakeAt: nextWake(next, desiredOf(observed), observed, failing),
    isWorkLeft: report !== null && !next.incomplete && runnableActions(next).some(isNew),
  };
}
