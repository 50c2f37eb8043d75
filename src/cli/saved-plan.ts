import { digestOf } from '../model/canonical.ts';
import type { Instant } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import type { Refusal } from './context.ts';

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
