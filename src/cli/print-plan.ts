import type { StoreMemory } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import { runnableActions, type Plan } from '../model/plan.ts';
import { planFindings } from '../reporter/findings/plan-findings.ts';
import {
  findingForms,
  isFindingForm,
  renderFindings,
  type FindingForm,
} from '../reporter/findings/render.ts';
import { renderPlanMarkdown } from '../reporter/plan-markdown.ts';
import { renderPlan } from '../reporter/plan.ts';
import { renderPolicyDiff } from '../reporter/text-diff.ts';
import type { Context } from './context.ts';
import { planFacts } from './exit.ts';
import { renderOptions } from './print-report.ts';

/** How a plan is printed. */
export const planFormats = ['human', 'markdown', 'json', ...findingForms] as const;

export type PlanFormat = (typeof planFormats)[number];

/** What is printed with a plan. */
export interface PlanPrint {
  readonly format?: PlanFormat | undefined;
  /** The file that it is saved in, for the lines that people copy. */
  readonly planFile: string | null;
  /** It was made before, and read from that file. */
  readonly isSaved?: boolean;
  /** Somebody is asked whether to do it, and must see it even with `--quiet`. */
  readonly isAsked?: boolean;
  /** What the policy was at the last apply, and is now; null: no diff is shown. */
  readonly policy: { readonly memory: StoreMemory | null; readonly text: string } | null;
}

/** Characters of a plan as Markdown: GitHub refuses a comment of more than 65,536, and this leaves room for a frame. */
export const markdownLimit = 60_000;

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
  if (isFindingForm(format)) {
    printFindings(context, plan, format);
    return;
  }
  if (globals.quiet !== true || print.isSaved === true || !isAllWell(plan))
    terminal.out(planText(context, plan, print));
}

/** Prints the guards of a plan in a CI system's form. */
export function printFindings({ terminal, tool }: Context, plan: Plan, form: FindingForm): void {
  const { file } = plan.policy;
  terminal.out(renderFindings(planFindings(plan), form, { title: `plan ${file}`, file, tool }));
}

/** Whether there is nothing to do, nothing in the way and nothing unseen: with `--quiet` that is no news. */
function isAllWell(plan: Plan): boolean {
  const { actions, blocking, incomplete } = planFacts(plan);
  return plan.purpose === 'policy' && actions + blocking.length === 0 && !incomplete;
}

/** Shows the plan that is about to be done; with `--json`, standard output is for the run's events alone. */
export function sayPlan(context: Context, plan: Plan, print: PlanPrint): void {
  const isQuiet = context.globals.quiet === true;
  // What is done without a question is told by its outcome; what cannot be done has none.
  const isTold = print.isAsked !== true && runnableActions(plan).length > 0;
  if (isQuiet && (isTold || isAllWell(plan))) return;
  const text = planText(context, plan, print);
  if (context.globals.json !== true) context.terminal.out(text);
  else if (!isQuiet) context.terminal.err(text);
}

function planText(context: Context, plan: Plan, print: PlanPrint): string {
  const options = renderOptions(context);
  const diff = policyDiff(plan, print.policy, options);
  const text = renderPlan(plan, {
    ...options,
    planFile: print.planFile,
    isSaved: print.isSaved === true,
  });
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
