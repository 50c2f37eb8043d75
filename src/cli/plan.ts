import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { ObservedState } from '../model/observed.ts';
import { runnableActions, type Plan, type Request } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { isFindingForm } from '../reporter/findings/render.ts';
import { renderPolicyChangeMarkdown } from '../reporter/policy-change-markdown.ts';
import { renderPolicyChange } from '../reporter/policy-change.ts';
import { withApprovals } from './approvals.ts';
import { refuse, say, type Context, type Go, type Refusal } from './context.ts';
import { planExit, planFacts, type ExitCode } from './exit.ts';
import { writeTrouble } from './file-trouble.ts';
import { loadHost } from './host.ts';
import { desiredOf, loadPolicy, sayUnmatched, type LoadedPolicy } from './load-policy.ts';
import { addAskOptions, misaddressed, requestOf, usage, type AskOptions } from './plan-options.ts';
import {
  markdownLimit,
  newestMemory,
  planFormats,
  printFindings,
  printPlan,
  type PlanFormat,
} from './print-plan.ts';
import { printReport } from './print-report.ts';
import { readTime } from './time.ts';

interface PlanOptions extends AskOptions {
  readonly out?: string;
  readonly observed?: string;
  readonly at?: string;
  readonly format?: PlanFormat;
  readonly detailedExitcode?: boolean;
  readonly base?: string;
}

const examples = `
Examples:
  holdfast plan
  holdfast plan --out plan.json && holdfast apply plan.json
  holdfast plan --now domain/web01 --full --note "before the upgrade" --hold
  holdfast plan --observed observed.json --format markdown
  holdfast plan --observed observed.json --format sarif > plan.sarif`;

/** `holdfast plan` */
export function definePlan(command: Command, go: Go): void {
  addAskOptions(
    command
      .option('--out <file>', 'save the plan, for apply')
      .option('--observed <file>', 'plan from a saved observation: needs no host')
      .option('--at <time>', 'with --observed: plan as if it were that time')
      .option('--base <rev>', "what the policy's change since a git revision does alone"),
  )
    .addOption(new Option('--format <form>', 'how it is printed').choices(planFormats))
    .option('--detailed-exitcode', 'exit 2 when there are changes, 4 when a guard blocks')
    .addHelpText('after', examples)
    .action(async (options: PlanOptions) => go(async (context) => runPlan(context, options)));
}

async function runPlan(context: Context, options: PlanOptions): Promise<ExitCode> {
  const request = requestOf(options);
  if (!request.ok) return refuse(context, request.error);
  const known = await policyAndObservation(context, options);
  if (!known.ok) return refuse(context, known.error);
  const { policy, observed } = known.value;
  sayUnmatched(context, policy, observed);
  const desired = desiredOf(policy, observed);
  const plan = planPolicy(desired, observed, await known.value.asked(request.value));
  const mistaken = misaddressed(plan);
  if (mistaken !== null) return refuse(context, mistaken);
  if (options.base !== undefined) return showChange(context, options, { policy, observed, plan });
  if (options.out !== undefined) {
    const saved = savePlan(context, plan, options.out);
    if (!saved.ok) return refuse(context, saved.error);
  }
  printPlan(context, plan, {
    format: options.format,
    planFile: options.out ?? null,
    policy: { memory: newestMemory(observed), text: policy.text },
  });
  if (options.out !== undefined && runnableActions(plan).length > 0)
    say(context, `Saved. To do exactly this: holdfast apply ${options.out}`);
  return planExit(planFacts(plan), options.detailedExitcode === true);
}

/** What the change alone does, in the place of the plan. */
async function showChange(
  context: Context,
  { base = '', format, detailedExitcode }: PlanOptions,
  now: { readonly policy: LoadedPolicy; readonly observed: ObservedState; readonly plan: Plan },
): Promise<ExitCode> {
  // Loaded here: few plans are compared, and it brings the simulator and git.
  const { policyChange } = await import('./policy-change.ts');
  const change = await policyChange(context, base, now);
  if (!change.ok) return refuse(context, change.error);
  if (format === 'markdown') {
    context.terminal.out(renderPolicyChangeMarkdown(change.value, { limit: markdownLimit }));
    return planExit(planFacts(now.plan), detailedExitcode === true);
  }
  if (format !== undefined && isFindingForm(format)) {
    printFindings(context, { ...now.plan, guards: change.value.guards.added }, format);
    return planExit(planFacts(now.plan), detailedExitcode === true);
  }
  const asJson = format === 'json' || context.globals.json === true;
  const named = { ...context, globals: { ...context.globals, json: asJson } };
  printReport(named, 'policy-change', change.value, renderPolicyChange);
  return planExit(planFacts(now.plan), detailedExitcode === true);
}

/** What a plan is made from; approvals count on their host only. */
interface Known {
  readonly policy: LoadedPolicy;
  readonly observed: ObservedState;
  readonly asked: (request: Request) => Promise<Request>;
}

const asked: Known['asked'] = async (request) => request;

/** The policy, and what is: from this host, or from a file. */
async function policyAndObservation(
  context: Context,
  options: PlanOptions,
): Promise<Result<Known, Refusal>> {
  if (options.observed === undefined) {
    if (options.at !== undefined)
      return usage('at-without-observed', '--at needs --observed FILE: this host is as it is now');
    // Loaded here: a plan from a file needs no libvirt.
    const { openSession } = await import('./session.ts');
    const session = await openSession(context, undefined, { fetch: true });
    if (!session.ok) return session;
    return ok({
      policy: session.value.policy,
      observed: await session.value.look(),
      asked: async (request) => withApprovals(context, session.value, request),
    });
  }
  const host = loadHost(context);
  if (!host.ok) return host;
  const policy = await loadPolicy(context, host.value);
  if (!policy.ok) return policy;
  // Loaded here: its checker is large, and on a host there is no use for it.
  const { readObserved } = await import('./read-observed.ts');
  const observed = await readObserved(context, options.observed);
  if (!observed.ok) return observed;
  if (options.at === undefined)
    return ok({ policy: policy.value, observed: observed.value, asked });
  const at = readTime(options.at, policy.value.timezone);
  if (!at.ok) return at;
  return ok({
    policy: policy.value,
    observed: { ...observed.value, observedAt: at.value },
    asked,
  });
}

function savePlan(context: Context, plan: Plan, file: string): Result<void, Refusal> {
  try {
    // A plan names machines and sizes: for its owner only.
    const path = resolve(context.terminal.cwd, file);
    writeFileSync(path, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 });
    return ok(undefined);
  } catch (error) {
    return fail({
      exit: 1,
      code: 'not-saved',
      message: `${file} was not written: ${writeTrouble(error, resolve(context.terminal.cwd, file))}`,
    });
  }
}
