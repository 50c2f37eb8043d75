import { randomBytes } from 'node:crypto';
import { applyPlan } from '../executor/apply-plan.ts';
import type { RunReport } from '../executor/run-report.ts';
import { settleRuns } from '../executor/settle-runs.ts';
import type { RunEvent } from '../model/event.ts';
import { runId } from '../model/identity.ts';
import { compactInstant, instantOf, type Instant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import { runnableActions, type Plan } from '../model/plan.ts';
import { decideColor } from '../reporter/color.ts';
import { eventWords, renderEvent } from '../reporter/event.ts';
import { renderRunReport } from '../reporter/run-report.ts';
import { takeApplyLock } from './apply-lock.ts';
import { approved } from './approve.ts';
import { complain, type Context, refuse, say } from './context.ts';
import { Display } from './display.ts';
import { driversOf, storeLimits } from './drivers.ts';
import { applyExit, planFacts, type ExitCode, type PlanFacts } from './exit.ts';
import { Interrupt } from './interrupt.ts';
import { notifyRun } from './notify.ts';
import { sayPlan } from './print-plan.ts';
import { renderOptions } from './print-report.ts';
import type { Session } from './session.ts';

/** A plan that is to be done now, under the lock, and what it was made from. */
export interface PlannedRun {
  readonly plan: Plan;
  readonly observed: ObservedState;
  /** False: ask first. */
  readonly auto: boolean;
  readonly question: string;
  /** Actions at once. */
  readonly parallelism: number;
  /** Looks again after the run: whether nothing is left, and the plan as of then. */
  readonly close: (report: RunReport | null) => Promise<Closing>;
}

const noClosing = async (): Promise<Closing> => ({ converged: null, next: null });

/** What the closing look found. */
export interface Closing {
  /** null: it was not looked at. */
  readonly converged: boolean | null;
  readonly next: Plan | null;
}

/**
 * Does a plan of actions that a person asked for by name (restore, trash,
 * untrack): takes the lock, shows the plan, asks, does it. The policy's next
 * plan is another matter: nothing is looked at afterwards.
 */
export async function runPlanOf(
  context: Context,
  session: Session,
  asked: Pick<PlannedRun, 'plan' | 'observed' | 'auto'> & { readonly what: string },
): Promise<ExitCode> {
  const lock = await takeApplyLock(session.host.stateDir, 0);
  if (!lock.ok) return refuse(context, lock.error);
  try {
    sayPlan(context, asked.plan, { planFile: null, policy: null, isAsked: !asked.auto });
    return await runPlan(context, session, {
      ...asked,
      question: asked.what,
      parallelism: 1,
      close: noClosing,
    });
  } finally {
    lock.value.release();
  }
}

/** Asks, does the plan, shows it while it goes, looks again, tells whoever is to be told. */
export async function runPlan(
  context: Context,
  session: Session,
  planned: PlannedRun,
): Promise<ExitCode> {
  const { plan } = planned;
  const nothing = { done: 0, failed: 0, stale: 0, skipped: 0, interruptedBy: null } as const;
  if (runnableActions(plan).length === 0) {
    await settleDeadRuns(context, session, planned.observed);
    const { converged, next } = await planned.close(null);
    await notifyRun(context, session.host, { plan, report: null, next });
    return applyExit({ plan: factsOf(plan, next), ...nothing, converged });
  }
  using interrupt = new Interrupt(context);
  if (!planned.auto && !(await approved(context, planned.question, interrupt.signal))) {
    say(context, 'Nothing was done.');
    return interrupt.by === null
      ? 1
      : applyExit({
          plan: planFacts(plan),
          ...nothing,
          interruptedBy: interrupt.by,
          converged: null,
        });
  }
  const { report, events, closing } = await show(context, session, planned, interrupt);
  const json = context.globals.json === true;
  if (!json)
    context.terminal.out(
      renderRunReport(
        { plan, events, next: closing.next, quiet: context.globals.quiet === true },
        renderOptions(context),
      ),
    );
  await notifyRun(context, session.host, { plan, report, next: closing.next });
  const { done, failed, stale, waiting, skipped, converged } = report;
  return applyExit({
    plan: factsOf(plan, closing.next),
    done,
    failed,
    stale,
    skipped: skipped + waiting,
    interruptedBy: interrupt.by,
    converged,
  });
}

/** What could not be seen before the run, or after it, makes it incomplete. */
function factsOf(plan: Plan, next: Plan | null): PlanFacts {
  return { ...planFacts(plan), incomplete: plan.incomplete || next?.incomplete === true };
}

/**
 * What a dead run left open, and nothing is left of, is closed also where there
 * is nothing to do: kept open, it would one day be taken for what a person did.
 */
async function settleDeadRuns(
  context: Context,
  session: Session,
  { runs }: ObservedState,
): Promise<void> {
  if (!runs.seen || runs.value.length === 0) return;
  const settled = await settleRuns(driversOf(context, session), []);
  if (!settled.ok) complain(context, settled.error.message);
}

/** When the first of all domains is due again. */
function nextDueOf({ domains }: Plan): Instant | null {
  const due = domains.flatMap(({ nextDueAt }) => (nextDueAt === null ? [] : [nextDueAt]));
  return due.toSorted()[0] ?? null;
}

/** The run itself, with its display. */
async function show(
  context: Context,
  session: Session,
  { plan, observed, parallelism, close }: PlannedRun,
  interrupt: Interrupt,
): Promise<{
  readonly report: RunReport;
  readonly events: readonly RunEvent[];
  readonly closing: Closing;
}> {
  const { terminal, globals } = context;
  const color = decideColor({ flag: globals.color, env: terminal.env, isTTY: terminal.errIsTty });
  const words = eventWords(plan, { color, verbose: globals.verbose === true });
  using display = new Display({
    terminal,
    json: globals.json === true,
    quiet: globals.quiet === true,
    render: (event) => renderEvent(event, words),
  });
  interrupt.tellBy(display.saySignal);
  const events: RunEvent[] = [];
  let closing: Closing = { converged: null, next: null };
  const report = await applyPlan({
    plan,
    drivers: driversOf(context, session),
    run: runId(
      `${compactInstant(instantOf(context.clock.now()))}-${randomBytes(4).toString('hex')}`,
    ),
    parallelism,
    limits: storeLimits(session.policy.stores, observed.stores),
    hostRateBytesPerSecond: session.host.limits.rateBytesPerSecond,
    nextDueAt: nextDueOf(plan),
    emit: (event) => {
      if (event.kind !== 'progress') events.push(event);
      display.emit(event);
    },
    signal: interrupt.signal,
    converged: async (ended) => {
      closing = await close(ended);
      return closing.converged;
    },
  });
  return { report, events, closing };
}
