import type { DomainUuid } from '../../model/identity.ts';
import type { Guard } from '../../model/plan.ts';
import type { TrashChain } from '../../model/store-action.ts';
import { isLifted } from '../allowances.ts';
import { byText, grouped } from '../order.ts';
import type { StoreSituation } from '../planning.ts';
import {
  finding,
  isRemoval,
  trashChains,
  type GuardContext,
  type GuardRule,
} from './guard-context.ts';

/** Share of a domain's chains that may go at once; of few chains, one. Sets of 3 to 30 make shares alone misfire. */
export const domainShare = 0.3;
/** Chains of all domains together: more is a policy change, and somebody should have looked. */
export const hostChains = 5;

/**
 * G201: how much may go at once. Not counted is one chain a domain that the
 * policy in force at the last apply had doomed and that a newer full replaces:
 * the ordinary rotation. A `removed:` names its domain and counts for the
 * host only.
 */
export const g201DeletionRate: GuardRule = (context) => {
  const { planning, byUuid } = context;
  const all = trashChains(context.actions);
  if (all.length === 0) return [];
  const host: TrashChain[] = all.filter(isRemoval);
  const findings: Guard[] = [];
  const byRetention = all.filter((action) => !isRemoval(action));
  for (const [uuid, actions] of grouped(byRetention, ({ domain }) => domain.uuid)) {
    const counted = withoutRotation(context, uuid, actions);
    const chains = byUuid.get(uuid)?.directory?.chains.length ?? 0;
    const limit = Math.max(1, Math.floor(chains * domainShare));
    const scope = byUuid.get(uuid)?.address ?? '';
    if (counted.length <= limit) {
      host.push(...counted);
      continue;
    }
    const facts = { chains: counted.length, of: chains, limit };
    findings.push(
      finding({ code: 'G201', scope, effect: 'block', overridable: true, actions: counted, facts }),
    );
    // What was allowed by name is not counted again for the host.
    if (!isLifted(planning, { code: 'G201', scope, actions: counted })) host.push(...counted);
  }
  if (host.length <= hostChains) return findings;
  return [
    finding({
      code: 'G201',
      scope: 'host',
      effect: 'block',
      overridable: true,
      actions: host,
      facts: { chains: host.length, limit: hostChains },
    }),
    ...findings,
  ];
};

/**
 * A domain's deletions without the one that the last apply already knew of:
 * always its first, so that a second plan on the same memory excepts no other.
 */
function withoutRotation(
  { byUuid, decisions }: GuardContext,
  uuid: DomainUuid,
  actions: readonly TrashChain[],
): readonly TrashChain[] {
  const domain = byUuid.get(uuid);
  const store = domain?.store ?? null;
  const [known] = (store?.ready?.memory?.doomed[uuid] ?? []).toSorted(byText);
  const isFullPlanned = decisions.get(uuid)?.backup?.level === 'full';
  const rotation = actions.find(
    ({ chain }) => chain === known && (isFullPlanned || hasNewerFull(store, uuid, chain)),
  );
  return actions.filter((action) => action !== rotation);
}

/** Whether a valid full was published in a later chain. */
function hasNewerFull(store: StoreSituation | null, uuid: DomainUuid, chain: string): boolean {
  return (
    store?.directories
      .get(uuid)
      ?.chains.some(
        (one) =>
          one.id > chain &&
          one.points.some(({ level, fault }) => level === 'full' && fault === undefined),
      ) ?? false
  );
}
