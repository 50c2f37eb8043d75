import type { Plan } from '../model/plan.ts';
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

function planLines(plan: Plan, options: PlanOptions): readonly string[] {
  const text = planText(plan, options);
  const lists = [...text.leftAlone, ...text.notes, ...text.guards];
  const todo = [...text.work, ...text.deletions];
  return [
    ...text.header,
    '',
    ...(todo.length === 0 ? [] : [...todo, '']),
    ...(lists.length === 0 ? [] : [...lists, '']),
    text.summary,
  ];
}

/** One line where all is well; what was not seen, what waits and what warns is said before it. */
function quietLines(plan: Plan, options: PlanOptions): readonly string[] {
  if (options.verbose) {
    return [...planLines(plan, options).slice(0, -1), noChangesLine(plan)];
  }
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
  const unseen = unseenLines(plan).map((line) => `not seen  ${line}`);
  const before = [...unseen, ...text.leftAlone, ...text.notes, ...text.guards];
  return before.length === 0 ? [noChangesLine(plan)] : [...before, '', noChangesLine(plan)];
}
