import { covers } from '../model/address.ts';
import type { Request } from '../model/plan.ts';
import { normalised } from './domain-situations.ts';

/** Whether `--allow CODE=SCOPE` speaks of a guard: its very scope, or an address above it. */
export function isAllowed({ allow }: Request, code: string, scope: string): boolean {
  return allow.some(
    (one) => one.code === code && (one.scope === scope || covers(normalised(one.scope), scope)),
  );
}
