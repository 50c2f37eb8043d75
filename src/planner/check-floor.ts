import type { Action } from '../model/action.ts';
import type { DomainUuid } from '../model/identity.ts';
import type { Directories, PlanProblem } from './plan-problem.ts';

/**
 * I5: walks the plan step by step and counts each domain's valid points. A
 * `removed:` of a whole domain is the one sentence that permits none.
 */
export function floorProblems(
  actions: readonly Action[],
  directories: Directories,
  floors: ReadonlyMap<DomainUuid, number>,
): readonly PlanProblem[] {
  const problems: PlanProblem[] = [];
  const touched = new Set(
    actions.flatMap((action) => (action.kind === 'trash-chain' ? [action.domain.uuid] : [])),
  );
  if (touched.size === 0) return [];
  const valid = new Map<DomainUuid, number>();
  const newest = new Map<DomainUuid, string>();
  const ofChain = new Map<string, number>();
  for (const [key, { uuid, chains, tip }] of directories) {
    if (!touched.has(uuid)) continue;
    for (const { id, points } of chains) {
      const count = points.filter(({ fault }) => fault === undefined).length;
      ofChain.set(`${key}/${id}`, count);
      valid.set(uuid, (valid.get(uuid) ?? 0) + count);
    }
    if (tip !== null) newest.set(uuid, `${key}/${tip.chain}`);
  }
  for (const action of actions) {
    if (action.kind === 'backup') {
      valid.set(action.domain.uuid, (valid.get(action.domain.uuid) ?? 0) + 1);
      newest.set(action.domain.uuid, `${action.store.name}/${action.directory}/${action.chain}`);
    }
    if (action.kind !== 'trash-chain') continue;
    const { uuid } = action.domain;
    const key = `${action.store.name}/${action.directory}/${action.chain}`;
    const left = (valid.get(uuid) ?? 0) - (ofChain.get(key) ?? 0);
    valid.set(uuid, left);
    if (action.reasons.some(({ code }) => code === 'removed-by-policy')) continue;
    const floor = Math.max(1, floors.get(uuid) ?? 1);
    // Chains without a valid point take nothing from the floor.
    const takes = (ofChain.get(key) ?? 0) > 0;
    if ((takes && left < floor) || newest.get(uuid) === key) {
      problems.push({
        code: 'I5',
        message: `${action.id} leaves ${left} valid points, ${floor} must stay`,
      });
    }
  }
  return problems;
}
