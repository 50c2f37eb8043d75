import { InvalidArgumentError, type Command } from 'commander';
import { runRound } from '../loop/round.ts';
import type { DesiredState } from '../model/desired.ts';
import { instantOf } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import { runnableActions, type Plan, type Request } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { countsOf } from '../reporter/plan-counts.ts';
import { takeApplyLock } from './apply-lock.ts';
import { withApprovals } from './approvals.ts';
import { cannotAsk } from './approve.ts';
import { refuse, say, type Context, type Go, type Refusal } from './context.ts';
import { meansOf } from './drivers.ts';
import type { ExitCode } from './exit.ts';
import { wholeNumber } from './history.ts';
import { desiredOf, sayUnmatched } from './load-policy.ts';
import { addAskOptions, misaddressed, requestOf, usage, type AskOptions } from './plan-options.ts';
import { newestMemory, sayPlan } from './print-plan.ts';
import { tellRun } from './run-plan.ts';
import { openSession, type Session } from './session.ts';
import { RunStage } from './stage.ts';
import { subsetOf } from './subset.ts';

interface ApplyOptions extends AskOptions {
  readonly autoApprove?: boolean;
  readonly parallelism?: number;
  readonly lockTimeout: number;
}

const examples = `
Examples:
  holdfast apply
  holdfast plan --out plan.json && holdfast apply plan.json
  holdfast apply --auto-approve --lock-timeout 600
  holdfast apply plan.json --allow G201=domain/web01`;

/** `holdfast apply [PLAN]` */
export function defineApply(command: Command, go: Go): void {
  addAskOptions(command.argument('[plan]', 'a file that `plan --out` wrote: do that, and no more'))
    .option('--auto-approve', 'do not ask')
    .option(
      '--parallelism <number>',
      "actions at once (default: the host file's limits.jobs)",
      wholeNumber,
    )
    .option('--lock-timeout <seconds>', 'wait so long for another apply', seconds, 0)
    .addHelpText('after', examples)
    .action(async (file: string | undefined, options: ApplyOptions) =>
      go(async (context) => runApply(context, file ?? null, options)),
    );
}

/** Reads a number of seconds, 0 or more. */
function seconds(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new InvalidArgumentError('Write a whole number of seconds, 0 or more.');
  return Number(text);
}

async function runApply(
  context: Context,
  file: string | null,
  options: ApplyOptions,
): Promise<ExitCode> {
  const request = requestOf(options);
  if (!request.ok) return refuse(context, request.error);
  const auto = options.autoApprove === true || file !== null;
  const unasked = auto ? null : cannotAsk(context, 'give --auto-approve, or apply a saved plan');
  if (unasked !== null) return refuse(context, unasked);
  const session = await openSession(context, undefined, { fetch: true });
  if (!session.ok) return refuse(context, session.error);
  const saved =
    file === null ? ok(null) : await savedPlan(context, session.value, file, request.value);
  if (!saved.ok) return refuse(context, saved.error);
  const lock = await takeApplyLock(session.value.host.stateDir, options.lockTimeout);
  if (!lock.ok) return refuse(context, lock.error);
  try {
    const approved = await withApprovals(context, session.value, request.value);
    const asked = { file, saved: saved.value, request: approved, auto };
    const parallelism = options.parallelism ?? session.value.host.limits.jobs;
    return await applyNow(context, session.value, asked, parallelism);
  } finally {
    lock.value.release();
  }
}

/** What is to be applied, and whether nobody is asked. */
interface Asked {
  /** The saved plan and its file; null for both: what the policy says now. */
  readonly file: string | null;
  readonly saved: Plan | null;
  readonly request: Request;
  readonly auto: boolean;
}

/** A round of the loop that a person looks at. The caller holds the lock. */
async function applyNow(
  context: Context,
  session: Session,
  asked: Asked,
  parallelism: number,
): Promise<ExitCode> {
  const { file, auto } = asked;
  using stage = new RunStage(context);
  const round = await runRound({
    look: async () => session.look(),
    desiredOf: (observed) => desiredOf(session.policy, observed),
    planOf: (desired, observed) => planNow(context, session, asked, { desired, observed }),
    isSaved: file !== null,
    admit: async ({ plan, observed }) => {
      sayPlan(context, plan, {
        planFile: file,
        isSaved: file !== null,
        isAsked: !auto,
        policy: { memory: newestMemory(observed), text: session.policy.text },
      });
      const question = `Do this on ${plan.host}: ${countsOf(plan)}?`;
      return stage.open({ plan }, auto ? null : question);
    },
    means: meansOf(context, session, parallelism),
  });
  return round.ok ? tellRun(context, session, round.value, stage) : refuse(context, round.error);
}

/** A saved plan that may be applied here and now. */
async function savedPlan(
  context: Context,
  { hostName }: Session,
  file: string,
  request: Request,
): Promise<Result<Plan, Refusal>> {
  if (request.targets !== null || request.now.length > 0)
    return usage(
      'saved-and-asked',
      'a saved plan says already what is done: give --target and --now to plan',
    );
  // Loaded here: its checker is large.
  const { readPlan, refusalOf } = await import('./saved-plan.ts');
  const plan = await readPlan(context, file);
  if (!plan.ok) return plan;
  const refusal = refusalOf(plan.value, file, {
    host: hostName,
    now: instantOf(context.clock.now()),
  });
  return refusal === null ? plan : fail(refusal);
}

/** What is to be done: the plan of now, or what of the saved one still fits. */
function planNow(
  context: Context,
  session: Session,
  { saved, request }: Asked,
  { desired, observed }: { readonly desired: DesiredState; readonly observed: ObservedState },
): Result<Plan, Refusal> {
  if (saved !== null && saved.purpose !== 'policy') return ok(saved);
  sayUnmatched(context, session.policy, observed);
  if (saved === null) {
    const plan = planPolicy(desired, observed, request);
    const mistaken = misaddressed(plan);
    return mistaken === null ? ok(plan) : fail(mistaken);
  }
  // Whoever can write the file could have written approvals into it.
  const { approvals: _saved, ...before } = saved.request;
  const { approvals } = request;
  const asked = {
    ...before,
    allow: [...before.allow, ...request.allow],
    ...(approvals === undefined ? {} : { approvals }),
  };
  const { plan, dropped } = subsetOf(saved, planPolicy(desired, observed, asked));
  for (const { address } of dropped)
    say(context, `left out: the deletion of ${address} is not in a fresh plan`);
  return runnableActions(saved).length > 0 && plan.actions.length === 0
    ? fail({
        exit: 5,
        code: 'plan-stale',
        message: 'nothing of the saved plan is left to do: make a new one',
      })
    : ok(plan);
}
