import type { Plan } from '../model/plan.ts';
import { fitLine } from './display-width.ts';
import { isMissing, noChangesLine } from './no-changes.ts';
import { unseenLines } from './plan-header.ts';
import { planText, type PlanOptions } from './plan-text.ts';

/** The plan as people read it: one line an action, sign first, reason and file:line last. Ends in a newline. */
export function renderPlan(plan: Plan, options: PlanOptions): string {
  return `${(isQuiet(plan) ? quietLines(plan, options) : planLines(plan, options)).join('\n')}\n`;
}

/** Whether a plan of the policy has nothing to do. */
function isQuiet(plan: Plan): boolean {
  return plan.actions.length === 0 && plan.purpose === 'policy';
}

/** Everything; the last sentence is the plan's summary, or another one. */
function planLines(plan: Plan, options: PlanOptions, closing?: string): readonly string[] {
  const text = planText(plan, options);
  const lists = [...text.leftAlone, ...text.notes, ...text.guards];
  const todo = [...text.work, ...text.deletions];
  return [
    ...text.header.flatMap((line) => fitLine(line, options.width, 10)),
    '',
    ...(todo.length === 0 ? [] : [...todo, '']),
    ...(lists.length === 0 ? [] : [...lists, '']),
    ...fitLine(closing ?? text.summary, options.width, 0),
  ];
}

/** One line where all is well; what was not seen, what waits and what warns is said before it. */
function quietLines(plan: Plan, options: PlanOptions): readonly string[] {
  if (options.verbose) return planLines(plan, options, noChangesLine(plan));
  const worthSaying = new Set(['waiting', 'blocked', 'unseen', 'unsupported']);
  const text = planText(
    {
      ...plan,
      domains: plan.domains.filter(
        (domain) => worthSaying.has(domain.verdict) || isMissing(domain),
      ),
      notes: plan.notes.filter(({ severity }) => severity === 'warning'),
    },
    options,
  );
  const unseen = unseenLines(plan).flatMap((line) =>
    fitLine(`not seen  ${line}`, options.width, 10),
  );
  const before = [...unseen, ...text.leftAlone, ...text.notes, ...text.guards];
  const closing = fitLine(noChangesLine(plan), options.width, 0);
  return before.length === 0 ? closing : [...before, '', ...closing];
}
