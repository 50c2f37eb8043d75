import { resolve } from 'node:path';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import type { PolicyChange } from '../model/policy-change.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { comparePlans } from '../planner/policy-change.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { renderDiagnostics } from '../policy/render-diagnostics.ts';
import { compareSimulations } from '../simulator/forecast/compare.ts';
import { simulate } from '../simulator/forecast/simulate.ts';
import { readBaseRevision } from '../source/base-revision.ts';
import { blobReader } from '../source/read-blobs.ts';
import type { Context, Refusal } from './context.ts';
import { desiredOf, type LoadedPolicy } from './load-policy.ts';
import { defaultDiskBytes } from './simulate-options.ts';
import { simulationInput } from './simulated-start.ts';

// What a reviewer can still judge; simulate looks further.
const forecastDays = 30;

/** What a policy's change since a revision does alone: the same observation, planned with both. */
export async function policyChange(
  context: Context,
  revision: string,
  now: { readonly policy: LoadedPolicy; readonly observed: ObservedState; readonly plan: Plan },
): Promise<Result<PolicyChange, Refusal>> {
  const { policy, observed, plan } = now;
  const base = await basePolicy(context, policy, revision);
  if (!base.ok) return base;
  const basePlan = planPolicy(desiredOf(base.value, observed), observed, plan.request);
  const forecast = forecastOf(base.value, policy, observed);
  return ok({
    formatVersion: 1,
    host: plan.host,
    at: observed.observedAt,
    timezone: policy.timezone,
    revision,
    base: basePlan.policy,
    policy: plan.policy,
    ...comparePlans(basePlan, plan),
    forecast: forecast.ok ? forecast.value : null,
    forecastFailure: forecast.ok ? null : forecast.error.message,
    plan,
  });
}

async function basePolicy(
  context: Context,
  policy: LoadedPolicy,
  revision: string,
): Promise<Result<LoadedPolicy, Refusal>> {
  const base = await readBaseRevision(resolve(context.terminal.cwd, policy.file), revision);
  if (!base.ok) return fail({ exit: 64, ...base.error });
  const { path, commit, files } = base.value;
  const read = readPolicy(path, blobReader(files, commit));
  if (read.ok)
    return ok({
      ...read.value,
      text: files.map(({ text }) => text).join('\n'),
      git: { branch: null, commit },
    });
  return fail({
    exit: 3,
    code: 'base-invalid',
    message: `the policy in ${revision} is not valid, so nothing can be compared with it:`,
    below: renderDiagnostics(read.error, { color: false }).trimEnd(),
  });
}

function forecastOf(
  base: LoadedPolicy,
  policy: LoadedPolicy,
  observed: ObservedState,
): Result<NonNullable<PolicyChange['forecast']>, Refusal> {
  const options = { for: forecastDays, growth: 0, disk: defaultDiskBytes, count: 1 };
  const beginning = { from: 'observed', observed } as const;
  const before = simulationInput(base, beginning, options);
  if (!before.ok) return before;
  const after = simulationInput(policy, beginning, options);
  if (!after.ok) return after;
  return ok(compareSimulations(simulate(before.value), simulate(after.value)));
}
