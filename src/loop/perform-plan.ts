import { giveBack, isByApproval, useApprovals } from '../approval/used.ts';
import { applyPlan } from '../executor/apply-plan.ts';
import type { RunReport } from '../executor/run-report.ts';
import { settleRuns } from '../executor/settle-runs.ts';
import { millisecondsOf, type Instant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import { runnableActions, type Plan } from '../model/plan.ts';
import { noClosing, type Closing } from './closing.ts';
import type { Means, Planned, Stage } from './means.ts';

/** What became of a plan. */
export interface Performed {
  /** null: there was nothing to do. */
  readonly report: RunReport | null;
  readonly closing: Closing;
}

/**
 * Does a plan, and looks again if `close` is given. The caller holds the lock
 * against a second run (G401). Never rejects for what an action meets.
 */
export async function performPlan(
  planned: Planned,
  means: Means,
  stage: Stage,
  close: (() => Promise<Closing>) | null,
): Promise<Performed> {
  if (!isByApproval(planned.plan)) return perform(planned, means, stage, close);
  const { stateDir, files, drivers, warn } = means;
  const used = useApprovals(stateDir, planned.plan, millisecondsOf(drivers.clock()), files);
  // What cannot be noted as used could be used twice.
  if (!used.ok) warn(`nothing is done by approval: ${used.error.message}`);
  const plan = used.ok ? planned.plan : withoutApproved(planned.plan);
  const performed = await perform({ ...planned, plan }, means, stage, close);
  const done = new Set(
    (performed.report?.actions ?? []).flatMap(({ id, outcome }) =>
      outcome.code === 'done' || outcome.code === 'already' ? [id] : [],
    ),
  );
  const nowMs = millisecondsOf(drivers.clock());
  const given = used.ok ? giveBack(stateDir, plan, { done, nowMs, files }) : used;
  if (used.ok && !given.ok) warn(given.error.message);
  return performed;
}

/** A plan in which what an approval had lifted is blocked again. */
function withoutApproved(plan: Plan): Plan {
  const blocked = new Map(
    plan.guards.flatMap(({ code, approved, actions }) =>
      approved === undefined ? [] : actions.map((id) => [id, code] as const),
    ),
  );
  return {
    ...plan,
    actions: plan.actions.map((action) => {
      const code = blocked.get(action.id);
      return code === undefined ? action : { ...action, blockedBy: [...action.blockedBy, code] };
    }),
  };
}

async function perform(
  { plan, observed }: Planned,
  means: Means,
  stage: Stage,
  close: (() => Promise<Closing>) | null,
): Promise<Performed> {
  if (runnableActions(plan).length === 0) {
    await settleDeadRuns(means, observed);
    return { report: null, closing: (await close?.()) ?? noClosing };
  }
  let closing = noClosing;
  const report = await applyPlan({
    ...stage,
    plan,
    drivers: means.drivers,
    run: means.newRun(),
    parallelism: means.parallelism,
    limits: means.limitsOf(observed),
    hostRateBytesPerSecond: means.hostRateBytesPerSecond,
    nextDueAt: nextDueOf(plan),
    converged: async () => {
      closing = (await close?.()) ?? noClosing;
      return closing.converged;
    },
  });
  return { report, closing };
}

/**
 * What a dead run left open, and nothing is left of, is closed also where there
 * is nothing to do: kept open, it would one day be taken for what a person did.
 */
async function settleDeadRuns({ drivers, warn }: Means, { runs }: ObservedState): Promise<void> {
  if (!runs.seen || runs.value.length === 0) return;
  const settled = await settleRuns(drivers, []);
  if (!settled.ok) warn(settled.error.message);
}

/** When the first of all domains is due again; null when none will be. */
export function nextDueOf({ domains }: Pick<Plan, 'domains'>): Instant | null {
  const due = domains.flatMap(({ nextDueAt }) => (nextDueAt === null ? [] : [nextDueAt]));
  return due.toSorted()[0] ?? null;
}
