import { finding, type GuardRule } from './guard-context.ts';

/** A disk that its owner encrypted would lie in the store in plain text: the rule must say that this is meant. */
export const plaintextBackup: GuardRule = ({ planning, decisions }) =>
  planning.domains.flatMap(({ uuid, address }) => {
    const reason = decisions.get(uuid)?.reasons.find(({ code }) => code === 'plaintext-backup');
    if (reason === undefined) return [];
    return [
      finding({
        code: 'plaintext-backup',
        scope: address,
        effect: 'block',
        overridable: false,
        actions: [],
        facts: reason.facts ?? {},
      }),
    ];
  });
