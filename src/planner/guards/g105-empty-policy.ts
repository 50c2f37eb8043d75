import { finding, isUrgent, type GuardRule } from './guard-context.ts';

/** G105: a policy without rules, or one that selects none of the domains that are there, is a mistake: never "back up nothing". */
export const g105EmptyPolicy: GuardRule = ({ planning, actions }) => {
  const { desired, observed } = planning;
  if (desired.domains.length > 0) return [];
  // What was not seen cannot be selected.
  const known = observed.hypervisor.seen ? observed.hypervisor.value.domains.length : 0;
  if (desired.policy.rules > 0 && known === 0) return [];
  return [
    finding({
      code: 'G105',
      scope: 'policy',
      effect: 'block',
      overridable: false,
      actions: actions.filter((action) => !isUrgent(action)),
      facts: { rules: desired.policy.rules, domains: known },
    }),
  ];
};
