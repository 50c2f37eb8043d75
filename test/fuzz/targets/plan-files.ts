import { observedSchemaErrors } from '../../../src/cli/generated/observed-schema.ts';
import { planSchemaErrors } from '../../../src/cli/generated/plan-schema.ts';
import { refusalOf } from '../../../src/cli/saved-plan.ts';
import { subsetOf } from '../../../src/cli/subset.ts';
import { destructiveKinds, type Action } from '../../../src/model/action.ts';
import { canonicalJson, digestOf } from '../../../src/model/canonical.ts';
import type { ObservedState } from '../../../src/model/observed.ts';
import { runnableActions, type Plan } from '../../../src/model/plan.ts';
import { planPolicy } from '../../../src/planner/plan-policy.ts';
import { renderPlanMarkdown } from '../../../src/reporter/plan-markdown.ts';
import { renderPlan } from '../../../src/reporter/plan.ts';
import { request } from '../../planner/build-policy.ts';
import { desiredOf, policyText } from '../../planner/stories/story.ts';
import { filesBelow } from '../seeds.ts';
import { mustBePlain, mustHold, type Target } from '../target.ts';

function parsed(input: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(input.toString());
    return value;
  } catch {
    return null;
  }
}

const isPlan = (value: unknown): value is Plan => planSchemaErrors(value).length === 0;
const isObserved = (value: unknown): value is ObservedState =>
  observedSchemaErrors(value).length === 0;

const plans = (): readonly Buffer[] => filesBelow('test/scenarios', '/plan.json');
/** The longest would only make every mutation slow. */
const small = (inputs: readonly Buffer[]): readonly Buffer[] =>
  inputs.filter(({ length }) => length < 24_000);

const known = new Map(
  plans().flatMap((input) => {
    const plan = parsed(input);
    return isPlan(plan) ? [[plan.id, canonicalJson(plan)] as const] : [];
  }),
);

const deletions = (plan: Plan): readonly Action[] =>
  runnableActions(plan).filter(({ kind }) => destructiveKinds.has(kind));

function shown(plan: Plan): void {
  for (const verbose of [false, true])
    mustBePlain(renderPlan(plan, { color: false, width: null, verbose }), 'a plan');
  const markdown = renderPlanMarkdown(plan, { limit: 60_000 });
  mustBePlain(markdown, 'a plan in Markdown');
  mustHold(markdown.length <= 60_000, 'a plan in Markdown is too long');
}

/** `apply PLAN`: a changed plan is refused; one that is sealed again deletes nothing that a fresh one would not. */
export const planTarget: Target = {
  name: 'plan-file',
  seeds: () => small(plans()),
  words: [
    '"kind":"trash-chain"',
    '"kind":"purge-trash"',
    '"kind":"hide-copies"',
    '"kind":"purge-copies"',
    '"blockedBy":[]',
    '"purpose":"restore"',
  ],
  run(input) {
    const plan = parsed(input);
    if (!isPlan(plan)) return;
    shown(plan);
    const { host, expiresAt: now } = plan;
    if (refusalOf(plan, 'plan.json', { host, now }) === null)
      mustHold(known.get(plan.id) === canonicalJson(plan), 'a changed plan is accepted');
    const { id: _, ...rest } = plan;
    const forged = { ...rest, id: digestOf(rest) };
    const fresh = { ...rest, id: 'f'.repeat(64), actions: [], guards: [] };
    mustHold(deletions(subsetOf(forged, fresh).plan).length === 0, 'a saved plan deletes alone');
  },
};

const policy = policyText({
  keep: '{ chains: 1, daily: 7 }',
  more: ['mirrors:', '  nas: { type: rsync, target: "nas:/vol" }'],
}).replace('rpo: 26h', 'rpo: 26h, mirrors: [nas]');

/** An observation: whatever it says, the planner answers, and its own check finds nothing. */
export const observedTarget: Target = {
  name: 'observed-file',
  seeds: () => small(filesBelow('test/scenarios', '/observed.json')),
  words: ['"kind":"ready"', '"seen":false', '"fault":"file-size"', '"held":true', '"chains":[]'],
  run(input) {
    const observed = parsed(input);
    if (!isObserved(observed)) return;
    const plan = planPolicy(desiredOf(policy, observed), observed, request());
    shown(plan);
    mustHold(isPlan(JSON.parse(JSON.stringify(plan))), 'the plan is none by its own schema');
    mustHold(
      plan.actions.every(({ kind }) => !destructiveKinds.has(kind)) || observed.stores.length > 0,
      'something is deleted of nothing',
    );
  },
};
