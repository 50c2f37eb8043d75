import { createRateLimit, joinRateLimits, type RateLimit } from '../image/rate-limit.ts';
import type { Action } from '../model/action.ts';
import type { Outcome, RunEvent } from '../model/event.ts';
import type { RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedHypervisor } from '../model/observed.ts';
import { type Plan, runnableActions } from '../model/plan.ts';
import type { Seen } from '../model/result.ts';
import { copyDeadline, type CopyDeadline } from './copy-deadline.ts';
import type { Drivers, StoreLimits } from './drivers.ts';
import { checkFirst } from './first-check.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { performer, type RunTools } from './run-action.ts';
import { type RunReport, reportOf } from './run-report.ts';
import { schedule } from './scheduler.ts';
import { settleRuns } from './settle-runs.ts';
import { jobsOf } from './world.ts';

/** What is applied, with what, and within which limits. */
export interface ApplyOptions {
  /** Checked before: host, digest, expiry (G301) are the caller's. */
  readonly plan: Plan;
  readonly drivers: Drivers;
  readonly run: RunId;
  /** Actions at once, of different domains. */
  readonly parallelism: number;
  /** Of each store that the plan names, by its name. */
  readonly limits: ReadonlyMap<string, StoreLimits>;
  /** Bytes a second into all stores together; null for no limit. */
  readonly hostRateBytesPerSecond: number | null;
  /** When the next run should be able to take a point: copies to mirrors end then. None: when they are done. */
  readonly nextDueAt?: Instant | null;
  /** Told of everything as it happens; must not throw. */
  readonly emit: (event: RunEvent) => void;
  /** SIGINT, SIGTERM: what runs is stopped and put back, what has not begun is skipped. */
  readonly signal: AbortSignal;
  /** Looks whether a new plan would be empty, before the run is given its end (I3). */
  readonly converged?: (report: RunReport) => Promise<boolean | null>;
}

/**
 * Applies a plan: all preconditions first (G303), then wave after wave. Never
 * rejects for what an action meets; each runnable action has an outcome in
 * the report. The caller holds the lock against a second run (G401).
 */
export async function applyPlan(options: ApplyOptions): Promise<RunReport> {
  const { plan, drivers, run, emit, signal } = options;
  const recorder = openRecorder(drivers, run, emit);
  const actions = runnableActions(plan);
  const deadline = copyDeadline(options.nextDueAt ?? null, drivers.clock);
  recorder.record({
    kind: 'run-started',
    plan: plan.id,
    purpose: plan.purpose,
    host: drivers.host,
    pid: process.pid,
    actions: actions.length,
  });
  try {
    // Before anything is begun: during a run people start domains, and what was gone would be taken for left.
    await settleDeadRuns(drivers, recorder, actions);
    const all = await drivers.hypervisor.observe(jobsOf(plan.actions));
    const tools = runTools(options, recorder, all, deadline);
    const settled = await checkFirst(actions, all, tools);
    const outcomes = await schedule({
      actions,
      settled,
      parallelism: options.parallelism,
      jobs: (store) => tools.limits({ name: store }).jobs,
      perform: performer(tools),
      skip: ({ id }, because) =>
        void recorder.record({
          kind: 'action-finished',
          action: id,
          outcome: { code: 'skipped', because },
        }),
      signal,
    });
    return await finish(options, recorder, actions, outcomes);
  } finally {
    deadline.stop();
    recorder.close();
  }
}

async function settleDeadRuns(
  drivers: Drivers,
  recorder: Recorder,
  planned: readonly Action[],
): Promise<void> {
  const settled = await settleRuns(drivers, planned);
  if (!settled.ok) recorder.record({ kind: 'warning', action: null, failure: settled.error });
}

function limitOf(bytesPerSecond: number | null): RateLimit | null {
  return bytesPerSecond === null ? null : createRateLimit(bytesPerSecond);
}

/** The tools that all actions of a run share. */
function runTools(
  { plan, drivers, run, limits, hostRateBytesPerSecond, signal }: ApplyOptions,
  recorder: Recorder,
  all: Seen<ObservedHypervisor>,
  deadline: CopyDeadline,
): RunTools {
  const host = limitOf(hostRateBytesPerSecond);
  const rates = new Map(
    [...limits].map(([name, { rateBytesPerSecond }]) => [
      name,
      joinRateLimits([host, limitOf(rateBytesPerSecond)]),
    ]),
  );
  return {
    drivers,
    plan,
    run,
    recorder,
    hypervisor: all.seen
      ? { kind: all.value.kind, version: all.value.version }
      : { kind: 'libvirt', version: 'unknown' },
    limits: ({ name }) => limits.get(name) ?? noLimits,
    rateLimit: ({ name }) => rates.get(name) ?? host,
    signal,
    copySignal: deadline.signal,
  };
}

// A store that the caller says nothing about: one copy at a time harms nobody.
const noLimits: StoreLimits = { jobs: 1, rateBytesPerSecond: null, reserveBytes: 0 };

/** Closes the run's journal, unless something is still open that the next run must see. */
async function finish(
  { plan, run, drivers, signal, converged }: ApplyOptions,
  recorder: Recorder,
  actions: readonly Action[],
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<RunReport> {
  const report = reportOf({ plan, run, actions, outcomes, interrupted: signal.aborted });
  await settleDeadRuns(drivers, recorder, []);
  const isConverged = converged === undefined ? null : await converged(report);
  const { done, failed, skipped, interrupted } = report;
  const event = {
    kind: 'run-finished',
    done,
    failed,
    skipped,
    interrupted,
    converged: isConverged,
  } as const;
  if (recorder.hasOpenIntent()) recorder.tell(event);
  else recorder.record(event);
  return { ...report, converged: isConverged };
}
