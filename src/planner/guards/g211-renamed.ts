import type { Moved } from '../../model/desired.ts';
import { finding, type GuardRule } from './guard-context.ts';

/** G211: a uuid with points under another name is a rename that `moved:` must say, or a clone with a stolen uuid. */
export const g211Renamed: GuardRule = ({ planning, actions, byUuid }) =>
  planning.domains.flatMap(({ uuid, name, address, observed, desired, directory }) => {
    if (observed === null || desired === null || directory === null) return [];
    if (directory.name === name || isMoved(planning.desired.moved, directory.name, name)) return [];
    const own = actions.filter(
      (action) =>
        (action.kind === 'backup' || action.kind === 'trash-chain') &&
        action.domain.uuid === uuid &&
        byUuid.has(uuid),
    );
    return [
      finding({
        code: 'G211',
        scope: address,
        effect: 'block',
        overridable: true,
        actions: own,
        facts: { from: directory.name, to: name },
      }),
    ];
  });

/** Whether `moved:` leads from one name to another, in one step or several. */
export function isMoved(moved: readonly Moved[], from: string, to: string): boolean {
  const reached = new Set([from]);
  let size = 0;
  while (reached.size > size) {
    size = reached.size;
    for (const step of moved) if (reached.has(step.from)) reached.add(step.to);
  }
  return reached.has(to);
}
