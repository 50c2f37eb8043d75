import type { Action } from '../model/action.ts';
import { covers } from '../model/address.ts';
import type { Approval } from '../model/approval.ts';
import { subjectDigest } from '../model/approved-subjects.ts';
import type { Request } from '../model/plan.ts';
import { normalised } from './domain-situations.ts';
import type { Planning } from './planning.ts';

/** Whether `--allow CODE=SCOPE` speaks of a guard: its very scope, or an address above it. */
export function isAllowed({ allow }: Request, code: string, scope: string): boolean {
  return allow.some(
    (one) => one.code === code && (one.scope === scope || covers(normalised(one.scope), scope)),
  );
}

/**
 * The approval that covers all that a guard blocks; null if none does. It counts
 * for its host, its code and its very scope, until its end, and for nothing that the
 * person did not see.
 */
export function approvalOf(
  { request, observed }: Pick<Planning, 'request' | 'observed'>,
  { code, scope, actions }: Blocked,
): Approval | null {
  const known = request.approvals ?? [];
  if (known.length === 0 || actions.length === 0) return null;
  const subjects = actions.map(subjectDigest);
  return (
    known.find(
      (approval) =>
        approval.host === observed.host.name &&
        approval.code === code &&
        approval.scope === scope &&
        observed.observedAt < approval.until &&
        subjects.every((subject) => approval.subjects.includes(subject)),
    ) ?? null
  );
}

/** What a guard would block. */
export interface Blocked {
  readonly code: string;
  readonly scope: string;
  readonly actions: readonly Action[];
}

/** Whether a guard was lifted for this plan: by name, or by an approval of what it blocks. */
export function isLifted(planning: Planning, blocked: Blocked): boolean {
  return (
    isAllowed(planning.request, blocked.code, blocked.scope) ||
    approvalOf(planning, blocked) !== null
  );
}
