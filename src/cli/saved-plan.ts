import type { ActionKind } from '../model/action.ts';
import { digestOf } from '../model/canonical.ts';
import type { Instant } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import { ok, unreachable, type Result } from '../model/result.ts';
import type { Context, Refusal } from './context.ts';
import { planSchemaErrors } from './generated/plan-schema.ts';
import { usage } from './plan-options.ts';
import { readJson } from './read-json.ts';

const remedy = 'holdfast plan --out FILE writes one';

/** Reads a plan that `plan --out` wrote, and checks its form. Whether it is good here and now is for `refusalOf`. */
export async function readPlan(context: Context, file: string): Promise<Result<Plan, Refusal>> {
  const read = await readJson(context, file, remedy);
  if (!read.ok) return read;
  const { value } = read;
  if (isPlan(value)) return ok(value);
  const [error] = planSchemaErrors(value);
  return usage(
    'not-a-plan',
    `${file} is no plan: ${error?.instancePath || 'it'} ${error?.message}; ${remedy}`,
  );
}

function isPlan(value: unknown): value is Plan {
  return planSchemaErrors(value).length === 0;
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
  const misplaced = plan.actions.find((action) => !belongs(plan.purpose, action.kind));
  if (misplaced !== undefined)
    return refused(
      'plan-action',
      `${file} is a plan of purpose ${plan.purpose}, and ${misplaced.id} has no place in one`,
    );
  return null;
}

/** Only a policy's plan is compared with a fresh one: no other may hold what a policy would have to ask for. */
function belongs(purpose: Plan['purpose'], kind: ActionKind): boolean {
  switch (purpose) {
    case 'policy':
      return kind !== 'restore' && kind !== 'untrack';
    case 'restore':
    case 'untrack':
    case 'drill':
      return kind === purpose;
    case 'trash':
      return kind === 'purge-trash';
    default:
      return unreachable(purpose);
  }
}

function refused(code: string, message: string): Refusal {
  return { exit: 5, code, message };
}
