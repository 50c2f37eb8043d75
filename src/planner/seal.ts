import { digestOf } from '../model/canonical.ts';
import { addSeconds } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';

/** A saved plan is applied within a working day, or made anew (G301). */
const lifeSeconds = 12 * 3600;

/** Gives a plan its expiry and its id: the digest of all the rest. */
export function sealPlan(plan: Omit<Plan, 'id' | 'expiresAt' | 'formatVersion'>): Plan {
  const rest = {
    formatVersion: 1,
    ...plan,
    expiresAt: addSeconds(plan.plannedAt, lifeSeconds),
  } as const;
  return { ...rest, id: digestOf(rest) };
}
