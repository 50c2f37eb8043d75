import { digestOf } from '../model/canonical.ts';
import type { Instant } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import { ok, type Result } from '../model/result.ts';
import type { Context, Refusal } from './context.ts';
import { usage } from './plan-options.ts';
import { isRecord, readJson } from './read-json.ts';

/** Reads a plan that `plan --out` wrote. Whether it is unchanged, and good here, is for `refusalOf`. */
export async function readPlan(context: Context, file: string): Promise<Result<Plan, Refusal>> {
  const value = await readJson(context, file);
  if (!value.ok) return value;
  return isPlan(value.value)
    ? ok(value.value)
    : usage('not-a-plan', `${file} is no plan: holdfast plan --out writes one`);
}

/** The parts that make a plan; the rest is vouched for by its id. */
function isPlan(value: unknown): value is Plan {
  return (
    isRecord(value) &&
    value['formatVersion'] === 1 &&
    [value['id'], value['host'], value['plannedAt'], value['expiresAt']].every(
      (text) => typeof text === 'string',
    ) &&
    [value['policy'], value['request']].every(isRecord) &&
    [value['observed'], value['actions'], value['notes'], value['guards'], value['domains']].every(
      Array.isArray,
    )
  );
}

/** Why a saved plan may not be applied here and now (G301); null if it may. */
export function refusalOf(
  plan: Plan,
  file: string,
  here: { readonly host: string; readonly now: Instant },
): Refusal | null {
  const { id, ...rest } = plan;
  if (digestOf(rest) !== id)
    return refused('plan-changed', `${file} was changed after it was made: its id does not fit`);
  if (plan.host !== here.host)
    return refused('plan-host', `${file} is for host ${plan.host}, and this is ${here.host}`);
  if (here.now > plan.expiresAt)
    return refused(
      'plan-expired',
      `${file} expired at ${plan.expiresAt}: make a new one with holdfast plan --out`,
    );
  return null;
}

function refused(code: string, message: string): Refusal {
  return { exit: 5, code, message };
}
