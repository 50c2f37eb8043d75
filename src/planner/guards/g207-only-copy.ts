import { grouped } from '../order.ts';
import { finding, isRemoval, trashChains, type GuardRule } from './guard-context.ts';

/**
 * G207: what a declared mirror does not hold yet is the only copy. This
 * version neither copies to mirrors nor looks at them, so none is known to be
 * up to date, and retention deletes nothing of a domain that declares one.
 */
export const g207OnlyCopy: GuardRule = ({ planning, actions, byUuid }) => {
  const byRetention = trashChains(actions).filter((action) => !isRemoval(action));
  return [...grouped(byRetention, ({ domain }) => domain.uuid)].flatMap(([uuid, own]) => {
    const domain = byUuid.get(uuid);
    const mirrors = domain?.desired?.mirrors ?? [];
    if (domain === undefined || mirrors.length === 0) return [];
    return [
      finding({
        code: 'G207',
        scope: domain.address,
        effect: 'block',
        overridable: !planning.request.unattended,
        actions: own,
        facts: { mirrors: mirrors.join(', ') },
      }),
    ];
  });
};
