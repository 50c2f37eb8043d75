import { finding, type GuardRule } from './guard-context.ts';

/**
 * G101, G102, G103, G106: the newest commit of the policy's branch may not be
 * followed. The plan is that of the last good one, and blocks nothing: backups
 * must not wait for a signature.
 */
export const g101Source: GuardRule = ({ planning: { desired } }) => {
  const { refused } = desired.policy;
  if (refused === undefined) return [];
  const { code, facts } = refused;
  return [
    finding({ code, scope: 'policy', effect: 'block', overridable: false, actions: [], facts }),
  ];
};
