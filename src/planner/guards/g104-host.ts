import { finding, isUrgent, type GuardRule } from './guard-context.ts';

/** G104: a policy that names a host is applied there and nowhere else. */
export const g104Host: GuardRule = ({ planning, actions }) => {
  const { desired, observed } = planning;
  if (desired.host === null || desired.host === observed.host.name) return [];
  return [
    finding({
      code: 'G104',
      scope: 'host',
      effect: 'block',
      overridable: false,
      actions: actions.filter((action) => !isUrgent(action)),
      facts: { host: observed.host.name, policyHost: desired.host },
    }),
  ];
};
