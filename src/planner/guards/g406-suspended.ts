import type { Action } from '../../model/action.ts';
import { addressOf } from '../../model/address.ts';
import type { Guard } from '../../model/plan.ts';
import { finding, isUrgent, type GuardRule } from './guard-context.ts';

/**
 * G406: what a person suspended is left alone until its end, and outside its windows the agent
 * begins nothing. A frozen guest and an orphaned job do not wait for that (I10, I14).
 */
export const g406Suspended: GuardRule = ({ planning, actions }) => {
  const { agent } = planning.request;
  if (agent === undefined) return [];
  const mayWait = actions.filter((action) => !isUrgent(action));
  const findings: Guard[] = agent.suspended.flatMap(({ address, reason, until, who }) =>
    until <= planning.asOf
      ? []
      : withheld(
          address,
          mayWait.filter((action) => isAbout(address, action)),
          { how: 'suspended', reason, until, who },
        ),
  );
  const { opensAt } = agent;
  if (opensAt !== null) findings.push(...withheld('host', mayWait, { how: 'window', opensAt }));
  return findings;
};

function isAbout(address: string, action: Action): boolean {
  if (address === 'host') return true;
  return 'domain' in action && addressOf(action.domain.name) === address;
}

function withheld(
  scope: string,
  actions: readonly Action[],
  facts: NonNullable<Guard['facts']>,
): readonly Guard[] {
  if (actions.length === 0) return [];
  return [finding({ code: 'G406', scope, effect: 'withhold', overridable: false, actions, facts })];
}
