import type { Guard } from '../../model/plan.ts';
import type { TrashChain } from '../../model/store-action.ts';
import { grouped } from '../order.ts';
import type { DomainSituation } from '../planning.ts';
import {
  finding,
  isRemoval,
  trashChains,
  type GuardContext,
  type GuardRule,
} from './guard-context.ts';

/**
 * G202 (I5): no prefix of the plan leaves a domain under its floor of valid
 * points, nor without its newest one. Retention keeps the floor by itself; what
 * is caught here is a `removed:` of one chain. A `removed:` of a whole domain
 * is the one sentence that permits it.
 */
export const g202Floor: GuardRule = (context) =>
  [...grouped(trashChains(context.actions), ({ domain }) => domain.uuid)].flatMap(
    ([uuid, actions]) => {
      const domain = context.byUuid.get(uuid);
      return domain === undefined ? [] : floorFinding(context, domain, actions);
    },
  );

function floorFinding(
  { planning, decisions }: GuardContext,
  domain: DomainSituation,
  actions: readonly TrashChain[],
): readonly Guard[] {
  if (isWholeRemoval(planning.desired.removed, domain, actions)) return [];
  const floor = domain.desired?.retention.minPoints ?? 1;
  const places = [
    ...domain.elsewhere.map(({ directory }) => directory),
    ...(domain.directory === null ? [] : [domain.directory]),
  ];
  let valid = (decisions.get(domain.uuid)?.backup ?? null) === null ? 0 : 1;
  const ofChain = new Map<string, number>();
  for (const { directory, chains } of places) {
    for (const { id, points } of chains) {
      const count = points.filter(({ fault }) => fault === undefined).length;
      ofChain.set(`${directory}/${id}`, count);
      valid += count;
    }
  }
  const newest: TrashChain[] = [];
  const under: TrashChain[] = [];
  const live = new Set(places.map(({ directory, tip }) => `${directory}/${tip?.chain ?? ''}`));
  const isFullPlanned = decisions.get(domain.uuid)?.backup?.level === 'full';
  for (const action of actions) {
    const key = keyOf(action);
    const lost = ofChain.get(key) ?? 0;
    if (live.has(key) && !isFullPlanned) newest.push(action);
    else if (lost > 0 && valid - lost < floor) under.push(action);
    else valid -= lost;
  }
  const found = (blocked: readonly TrashChain[], overridable: boolean): readonly Guard[] =>
    blocked.length === 0
      ? []
      : [
          finding({
            code: 'G202',
            scope: domain.address,
            effect: 'block',
            overridable,
            actions: blocked,
            facts: { minPoints: floor },
          }),
        ];
  // The newest valid point goes by no override: the next increment stands on it.
  return [...found(newest, false), ...found(under, !planning.request.unattended)];
}

const keyOf = ({ directory, chain }: TrashChain): string => `${directory}/${chain}`;

function isWholeRemoval(
  removed: GuardContext['planning']['desired']['removed'],
  { uuid }: DomainSituation,
  actions: readonly TrashChain[],
): boolean {
  return actions.every(isRemoval) && removed.some((one) => one.uuid === uuid && one.chain === null);
}
