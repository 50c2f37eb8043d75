import type { Action } from '../model/action.ts';
import type { VerifyCopies } from '../model/check-action.ts';
import type { CopyPoints } from '../model/copy-action.ts';
import { runnableActions, type Plan } from '../model/plan.ts';

const copiesKey = ({ mirror, domain }: CopyPoints | VerifyCopies): string =>
  `${mirror.name}/${domain.uuid}`;

/**
 * What a plan of the closing check, taken at the instant of those that were
 * applied, still has to do (I3). Of a domain of which a point was healed nothing is
 * left: points that count again change what is kept and copied, and that is the
 * business of the next plan. So is what can be seen only since a domain's images were
 * put back (of all domains, which files of a restore no definition refers to), and what is at a mirror in a directory of
 * which no manifest told whose it is, until a copy brought one: who holds a chain there is not known before. So are checks
 * of what was copied a moment ago: no copy says since when it is there.
 */
export function leftAfter(applied: readonly Plan[], then: Plan): readonly Action[] {
  const changed = new Set(
    applied.flatMap(({ actions }) =>
      actions.flatMap((action) =>
        action.kind === 'heal' || action.kind === 'put-back' ? [action.domain.uuid] : [],
      ),
    ),
  );
  const copied = new Set(
    applied.flatMap(({ actions }) =>
      actions.flatMap((action) => (action.kind === 'copy-points' ? [copiesKey(action)] : [])),
    ),
  );
  const unread = new Set(
    applied.flatMap(({ notes }) =>
      notes.flatMap(({ code, address, facts }) =>
        code === 'unreadable' ? [`${address}/${facts?.['path']}`] : [],
      ),
    ),
  );
  const isPutBack = applied.some(({ actions }) => actions.some(({ kind }) => kind === 'put-back'));
  return runnableActions(then).filter(
    (action) =>
      !('domain' in action) ||
      !(
        changed.has(action.domain.uuid) ||
        ('mirror' in action &&
          unread.has(`mirror/${action.mirror.name}/domains/${action.directory}`)) ||
        (action.kind === 'discard-files' && isPutBack) ||
        (action.kind === 'verify-copies' && copied.has(copiesKey(action)))
      ),
  );
}
