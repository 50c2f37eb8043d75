import type { Guard } from '../../model/plan.ts';
import type { TrashChain } from '../../model/store-action.ts';
import { copyKey } from '../copy-decision.ts';
import { byText, grouped } from '../order.ts';
import type { DomainSituation } from '../planning.ts';
import {
  finding,
  isRemoval,
  trashChains,
  type GuardContext,
  type GuardRule,
} from './guard-context.ts';

/**
 * G207: what a declared mirror is to keep, and does not hold whole, is the only
 * copy: retention deletes it in the store when the mirror holds all its valid
 * points, or will after this plan's own copies. A mirror that was not seen
 * holds nothing that anybody knows of.
 */
export const g207OnlyCopy: GuardRule = (context) => {
  const byRetention = trashChains(context.actions).filter((action) => !isRemoval(action));
  return [...grouped(byRetention, ({ domain }) => domain.uuid)].flatMap(([uuid, own]) => {
    const domain = context.byUuid.get(uuid);
    return domain === undefined ? [] : findingOf(context, domain, own);
  });
};

function findingOf(
  context: GuardContext,
  domain: DomainSituation,
  own: readonly TrashChain[],
): readonly Guard[] {
  const behind = new Set<string>();
  const unseen = new Set<string>();
  const blocked = own.filter(({ chain }) => {
    let isOnly = false;
    for (const mirror of domain.desired?.mirrors ?? []) {
      const holds = holding(context, domain, mirror, chain);
      if (holds === 'whole') continue;
      isOnly = true;
      (holds === 'unseen' ? unseen : behind).add(mirror);
    }
    return isOnly;
  });
  if (blocked.length === 0) return [];
  return [
    finding({
      code: 'G207',
      scope: domain.address,
      effect: 'block',
      overridable: !context.planning.request.unattended,
      actions: blocked,
      facts: {
        chains: blocked.length,
        ...(behind.size === 0 ? {} : { behind: words(behind) }),
        ...(unseen.size === 0 ? {} : { unseen: words(unseen) }),
      },
    }),
  ];
}

const words = (names: ReadonlySet<string>): string => [...names].toSorted(byText).join(', ');

/** Whether a mirror holds a chain whole, or will after this plan, or does not want it. */
function holding(
  { copies }: GuardContext,
  { uuid }: DomainSituation,
  mirror: string,
  chain: TrashChain['chain'],
): 'whole' | 'behind' | 'unseen' {
  const decision = copies.get(copyKey(mirror, uuid));
  if (decision === undefined || decision.when === 'unseen') return 'unseen';
  if (decision.when === 'taken') return 'behind';
  if (!decision.wanted.has(chain)) return 'whole';
  const beside = decision.chains.find(({ id }) => id === chain);
  if (beside === undefined || beside.lacks > 0) return 'behind';
  return beside.missing.length > 0 && decision.when === 'later' ? 'behind' : 'whole';
}
