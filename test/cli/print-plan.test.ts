import { expect, it } from 'vitest';
import { systemClock } from '../../src/cli/clock.ts';
import type { Context, Globals } from '../../src/cli/context.ts';
import { printPlan, sayPlan } from '../../src/cli/print-plan.ts';
import type { Plan } from '../../src/model/plan.ts';
import { planWith, samplePlan } from '../reporter/sample-plan.ts';

/** The last line of what is printed of a plan; null when nothing is. */
function lastLine(
  print: (context: Context) => void,
  globals: Partial<Globals> = { quiet: true },
): string | null {
  let text = '';
  const write = (more: string): void => void (text += more);
  print({
    terminal: {
      out: write,
      err: write,
      outIsTty: false,
      errIsTty: false,
      inIsTty: false,
      columns: null,
      errColumns: null,
      env: {},
      cwd: '/',
      readInput: async () => '',
      ask: async () => '',
    },
    globals: { input: true, ...globals },
    tool: 'holdfast 0.0.0',
    clock: systemClock,
  });
  return text.trimEnd().split('\n').at(-1) || null;
}

const nothing = planWith({});
const blocked: Plan = planWith({
  actions: samplePlan.actions.filter(({ blockedBy }) => blockedBy.length > 0),
  guards: samplePlan.guards,
});
const facts = { planFile: null, policy: null };
const summary = 'Plan: 3 to run, 1 to repair, 1 to delete (38.2 GiB, blocked); 38 unchanged.';

it('says with --quiet nothing of a plan that has nothing to do', () => {
  for (const show of [printPlan, sayPlan]) {
    expect(lastLine((context) => show(context, nothing, facts))).toBeNull();
    expect(lastLine((context) => show(context, nothing, facts), {})).toBe(
      'No changes. kvm01 matches policy.yaml.',
    );
    const unseen = { ...nothing, incomplete: true };
    expect(lastLine((context) => show(context, unseen, facts))).toBe(
      'No changes to what was seen of kvm01. Not everything was seen: deletions are withheld.',
    );
  }
});

it('says with --quiet a plan that somebody is asked about, or of which nothing can be done', () => {
  expect(lastLine((context) => printPlan(context, samplePlan, facts))).toBe(summary);
  expect(lastLine((context) => sayPlan(context, samplePlan, facts))).toBeNull();
  expect(lastLine((context) => sayPlan(context, samplePlan, { ...facts, isAsked: true }))).toBe(
    summary,
  );
  expect(lastLine((context) => sayPlan(context, blocked, facts))).toBe(
    'Plan: 1 to delete (38.2 GiB, blocked).',
  );
});

it('shows a saved plan whatever is in it', () => {
  expect(lastLine((context) => printPlan(context, nothing, { ...facts, isSaved: true }))).toBe(
    'No changes. kvm01 matches policy.yaml.',
  );
});
