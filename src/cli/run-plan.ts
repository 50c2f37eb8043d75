import { performPlan, type Performed } from '../loop/perform-plan.ts';
import type { ObservedState } from '../model/observed.ts';
import { type Plan } from '../model/plan.ts';
import { renderRunReport } from '../reporter/run-report.ts';
import { takeApplyLock } from './apply-lock.ts';
import { type Context, refuse } from './context.ts';
import { meansOf } from './drivers.ts';
import { applyExit, planFacts, type ExitCode, type PlanFacts } from './exit.ts';
import { notifyRun } from './notify.ts';
import { sayPlan } from './print-plan.ts';
import { renderOptions } from './print-report.ts';
import type { Session } from './session.ts';
import { RunStage } from './stage.ts';

/** A plan of actions that a person asked for by name. */
export interface AskedPlan {
  readonly plan: Plan;
  readonly observed: ObservedState;
  /** False: ask first. */
  readonly auto: boolean;
  /** The question. */
  readonly what: string;
}

/**
 * Does a plan of actions that a person asked for by name (restore, trash,
 * untrack): takes the lock, shows the plan, asks, does it. The policy's next
 * plan is another matter: nothing is looked at afterwards.
 */
export async function runPlanOf(
  context: Context,
  session: Session,
  asked: AskedPlan,
): Promise<ExitCode> {
  const { plan, auto, what } = asked;
  const lock = await takeApplyLock(session.host.stateDir, 0);
  if (!lock.ok) return refuse(context, lock.error);
  try {
    sayPlan(context, plan, { planFile: null, policy: null, isAsked: !auto });
    using stage = new RunStage(context);
    const opened = await stage.open(asked, auto ? null : what);
    const means = meansOf(context, session, 1);
    const performed = opened === null ? null : await performPlan(asked, means, opened, null);
    return await tellRun(context, session, { plan, performed }, stage);
  } finally {
    lock.value.release();
  }
}

/** Prints what became of a plan, tells whoever is to be told, and says the exit status. */
export async function tellRun(
  context: Context,
  { host }: Session,
  { plan, performed }: { readonly plan: Plan; readonly performed: Performed | null },
  stage: RunStage,
): Promise<ExitCode> {
  stage.close();
  const { interruptedBy } = stage;
  const nothing = { done: 0, failed: 0, stale: 0, skipped: 0, interruptedBy };
  if (performed === null)
    return interruptedBy === null
      ? 1
      : applyExit({ plan: planFacts(plan), ...nothing, converged: null });
  const { report, closing } = performed;
  const { next } = closing;
  const facts = factsOf(plan, next);
  if (report !== null && context.globals.json !== true)
    context.terminal.out(
      renderRunReport(
        { plan, events: stage.events, next, quiet: context.globals.quiet === true },
        renderOptions(context),
      ),
    );
  await notifyRun(context, host, { plan, report, next });
  if (report === null) return applyExit({ plan: facts, ...nothing, converged: closing.converged });
  const { done, failed, stale, waiting, skipped, converged } = report;
  return applyExit({
    plan: facts,
    done,
    failed,
    stale,
    skipped: skipped + waiting,
    interruptedBy,
    converged,
  });
}

/** What could not be seen before the run, or after it, makes it incomplete. */
function factsOf(plan: Plan, next: Plan | null): PlanFacts {
  return { ...planFacts(plan), incomplete: plan.incomplete || next?.incomplete === true };
}
