import type { Backup } from '../../src/model/backup-action.ts';
import type { DesiredState } from '../../src/model/desired.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import type { Plan, Request } from '../../src/model/plan.ts';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { request } from './build-policy.ts';

/** Plans, and reads the plan back as short lines. */
export function told(
  desired: DesiredState,
  observed: ObservedState,
  asked: Partial<Request> = {},
): Told {
  const plan = planPolicy(desired, observed, request(asked));
  return {
    plan,
    actions: plan.actions.map(
      ({ kind, address, blockedBy }) =>
        `${kind} ${address}${blockedBy.length === 0 ? '' : ` !${blockedBy.join(',')}`}`,
    ),
    backups: plan.actions.filter((action): action is Backup => action.kind === 'backup'),
    verdicts: Object.fromEntries(
      plan.domains.map(({ domain, verdict, reasons }) => [
        domain.name,
        [verdict, ...reasons.map(({ code }) => code)].join(' '),
      ]),
    ),
    guards: plan.guards.map(({ code, scope, effect }) => `${effect} ${code} ${scope}`),
    notes: plan.notes.map(({ code, address }) => `${code} ${address}`),
  };
}

export interface Told {
  readonly plan: Plan;
  /** `kind address !codes`. */
  readonly actions: readonly string[];
  readonly backups: readonly Backup[];
  /** `verdict code code`, by name. */
  readonly verdicts: Readonly<Record<string, string>>;
  readonly guards: readonly string[];
  readonly notes: readonly string[];
}

/** How each disk of a point is taken: `vda increment`, `vdb full: source-changed`. */
export function diskWords({ disks }: Backup): readonly string[] {
  return disks.map(({ target, level, reasons }) => {
    const why = reasons.map(({ code, facts }) => {
      const how = facts?.['how'];
      return typeof how === 'string' ? `${code} (${how})` : code;
    });
    return `${target} ${level}${why.length === 0 ? '' : `: ${why.join(', ')}`}`;
  });
}
