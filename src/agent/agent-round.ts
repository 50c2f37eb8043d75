import type { RunReport } from '../executor/run-report.ts';
import type { Means, Planned, Stage } from '../loop/means.ts';
import { runRound, type Round, type RoundResult } from '../loop/round.ts';
import type { AgentLimits, AgentMode } from '../model/agent.ts';
import type { Approval } from '../model/approval.ts';
import type { RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import { noRequest, runnableActions } from '../model/plan.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
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
  /** Notes, so that it survives the agent, which runs moved chains to the trash: before one does. */
  readonly noteTrash: (runs: readonly RunId[]) => Result<void, Failure>;
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
  readonly trashRuns: AgentState['trashRuns'];
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
  let run: RunId | null = null;
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
      const runnable = runnableActions(planned.plan);
      if (runnable.some(({ kind }) => kind === 'trash-chain')) {
        run = request.means.newRun();
        const noted = request.noteTrash([...ownTrashOf(request.state, planned.observed), run]);
        // Forgotten, it would one day pass for what a person deleted, and be purged in mode additive.
        if (!noted.ok) {
          request.means.warn(
            `nothing is done, for deletions cannot be noted: ${noted.error.message}`,
          );
          return null;
        }
      }
      hasRun = runnable.length > 0;
      return request.admit(planned);
    },
    means: { ...request.means, newRun: () => run ?? request.means.newRun() },
  });
  if (!round.ok) throw new Error('a round of the agent always has a plan');
  return { ...resultOf(round.value, failing, request), seen: before ?? round.value.observed };
}

function limitsOf(
  { mode, windows, suspensions, state }: AgentRound,
  failing: readonly Failing[],
  observed: ObservedState,
  timezone: string,
): AgentLimits {
  const { observedAt } = observed;
  const trash = new Set(trashedBy(observed));
  return {
    mode,
    suspended: suspensions.suspended.filter(({ until }) => until > observedAt),
    stalled: stallsOf(failing).filter(({ retryAt }) => retryAt > observedAt),
    opensAt: opensAt(windows, observedAt, timezone),
    ownTrash: ownTrashOf(state, observed).filter((run) => trash.has(run)),
  };
}

/** Runs whose trash is the agent's own; of all that is there, where it has forgotten which. */
function ownTrashOf({ trashRuns }: AgentRound['state'], observed: ObservedState): readonly RunId[] {
  return trashRuns ?? trashedBy(observed);
}

/** Runs of which there is something in the trash. */
function trashedBy({ stores }: ObservedState): readonly RunId[] {
  const runs = stores.flatMap(({ state }) =>
    state.kind === 'ready' ? state.trash.map(({ run }) => run) : [],
  );
  return [...new Set(runs)];
}

/** What is known after a round of whose trash it is; null stays where not every store was seen. */
function trashRunsAfter(
  state: AgentRound['state'],
  observed: ObservedState,
  report: RunReport | null,
): AgentState['trashRuns'] {
  const isBlind = observed.stores.some((store) => store.state.kind !== 'ready');
  if (state.trashRuns === null && isBlind) return null;
  const before = ownTrashOf(state, observed);
  const isTrashed = report?.actions.some(
    ({ kind, outcome }) => kind === 'trash-chain' && touched.has(outcome.code),
  );
  return isTrashed === true && report !== null ? [...before, report.run] : before;
}

// A move to the trash that failed may have been made: what could not be said of it was that it is durable.
const touched: ReadonlySet<string> = new Set(['done', 'failed', 'interrupted']);

function resultOf(
  round: RoundResult,
  before: readonly Failing[],
  { state, desiredOf }: AgentRound,
): Omit<AgentRoundResult, 'seen'> {
  const { plan, observed, performed } = round;
  const report = performed?.report ?? null;
  const next = performed?.closing.next ?? plan;
  const failing = failingAfter(before, plan, report, observed);
  // What went stale met a world that had moved on, and is for the next plan as much as what came up meanwhile.
  const stale = new Set(
    report?.actions.flatMap(({ id, outcome }) => (outcome.code === 'stale' ? [id] : [])),
  );
  const tried = new Set(plan.actions.flatMap(({ id }) => (stale.has(id) ? [] : [id])));
  const isNew = ({ id }: { readonly id: string }): boolean => !tried.has(id);
  return {
    round,
    failing,
    trashRuns: trashRunsAfter(state, observed, report),
    wakeAt: nextWake(next, desiredOf(observed), observed, failing),
    isWorkLeft: report !== null && !next.incomplete && runnableActions(next).some(isNew),
  };
}
