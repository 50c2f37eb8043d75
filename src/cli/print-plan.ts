import type { StoreMemory } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { renderPlanMarkdown } from '../reporter/plan-markdown.ts';
import { renderPlan } from '../reporter/plan.ts';
import { renderPolicyDiff } from '../reporter/text-diff.ts';
import type { Context } from './context.ts';
import { renderOptions } from './print-report.ts';

/** How a plan is printed. */
export type PlanFormat = 'human' | 'markdown' | 'json';

/** What is printed with a plan. */
export interface PlanPrint {
  readonly format?: PlanFormat | undefined;
  /** The file that it is saved in, for the lines that people copy. */
  readonly planFile: string | null;
  /** What the policy was at the last apply, and is now; null: no diff is shown. */
  readonly policy: { readonly memory: StoreMemory | null; readonly text: string } | null;
}

// GitHub refuses a comment of more than 65,536 characters; this leaves room for a frame.
const markdownLimit = 60_000;

/** Prints a plan, and before it what changed in the policy since the last apply. */
export function printPlan(context: Context, plan: Plan, print: PlanPrint): void {
  const { terminal, globals } = context;
  const format = print.format ?? (globals.json === true ? 'json' : 'human');
  if (format === 'json') {
    terminal.out(`${JSON.stringify(plan, null, 2)}\n`);
    return;
  }
  if (format === 'markdown') {
    terminal.out(renderPlanMarkdown(plan, { limit: markdownLimit }));
    return;
  }
  terminal.out(planText(context, plan, print));
}

/** Shows the plan that is about to be done; with `--json`, standard output is for the run's events alone. */
export function sayPlan(context: Context, plan: Plan, print: PlanPrint): void {
  const text = planText(context, plan, print);
  if (context.globals.json !== true) context.terminal.out(text);
  else if (context.globals.quiet !== true) context.terminal.err(text);
}

function planText(context: Context, plan: Plan, print: PlanPrint): string {
  const options = renderOptions(context);
  const diff = policyDiff(plan, print.policy, options);
  const text = renderPlan(plan, { ...options, planFile: print.planFile });
  return diff === '' ? text : `${diff}\n${text}`;
}

function policyDiff(
  plan: Plan,
  policy: PlanPrint['policy'],
  options: { readonly color: boolean },
): string {
  const memory = policy?.memory ?? null;
  if (policy === null || memory === null || memory.policyText === null) return '';
  // The digest leaves comments and order out: a change of those is no news here.
  if (memory.policyDigest === plan.policy.digest) return '';
  const names = { old: `${plan.policy.file} at the last apply`, new: plan.policy.file };
  return renderPolicyDiff(memory.policyText, policy.text, names, options);
}

/** The newest memory of the stores: what was in force at the last apply; null when there was none. */
export function newestMemory(observed: ObservedState): StoreMemory | null {
  return observed.stores.reduce<StoreMemory | null>((newest, { state }) => {
    const memory = state.kind === 'ready' ? state.memory : null;
    return memory !== null && (newest === null || memory.at > newest.at) ? memory : newest;
  }, null);
}
