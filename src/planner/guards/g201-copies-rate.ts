import { addressOf, onMirror } from '../../model/address.ts';
import type { HideCopies } from '../../model/copy-action.ts';
import type { DomainUuid } from '../../model/identity.ts';
import type { Guard } from '../../model/plan.ts';
import { isLifted } from '../allowances.ts';
import { copyKey } from '../copy-decision.ts';
import { byText, grouped } from '../order.ts';
import { domainShare, hostChains } from './g201-deletion-rate.ts';
import { finding, hiddenCopies, type GuardContext, type GuardRule } from './guard-context.ts';

/**
 * G201 at a mirror: how many chains of a domain, and of all domains together,
 * may go there at once. Not counted is one chain a domain that the mirror's
 * retention in force at the last apply had doomed: the ordinary rotation.
 */
export const g201CopiesRate: GuardRule = (context) =>
  [...grouped(hiddenCopies(context.actions), ({ mirror }) => mirror.name)].flatMap(
    ([mirror, actions]) => mirrorFindings(context, mirror, actions),
  );

function mirrorFindings(
  context: GuardContext,
  mirror: string,
  actions: readonly HideCopies[],
): readonly Guard[] {
  const all: HideCopies[] = [];
  const findings: Guard[] = [];
  for (const [uuid, own] of grouped(actions, ({ domain }) => domain.uuid)) {
    const counted = withoutRotation(context, mirror, uuid, own);
    const chains = chainsAfter(context, mirror, uuid);
    const limit = Math.max(1, Math.floor(chains * domainShare));
    const scope = onMirror(mirror, context.byUuid.get(uuid)?.address ?? addressOf(uuid));
    const isOver = counted.length > limit;
    if (isOver) {
      findings.push(blocking(scope, counted, { chains: counted.length, of: chains, limit }));
    }
    // What was allowed by name is not counted again for the whole mirror.
    if (!isOver || !isLifted(context.planning, { code: 'G201', scope, actions: counted }))
      all.push(...counted);
  }
  if (all.length <= hostChains) return findings;
  const facts = { chains: all.length, limit: hostChains };
  return [...findings, blocking(`mirror/${mirror}`, all, facts)];
}

/** Chains of a domain there once this plan has copied: the next plan, which looks then, must say the same (I3). */
function chainsAfter({ copies }: GuardContext, mirror: string, uuid: DomainUuid): number {
  const decision = copies.get(copyKey(mirror, uuid));
  const copied = new Set(decision?.copies.map(({ chain }) => chain));
  return decision?.chains.filter(({ id, there }) => there !== null || copied.has(id)).length ?? 0;
}

function blocking(
  scope: string,
  actions: readonly HideCopies[],
  facts: NonNullable<Guard['facts']>,
): Guard {
  return finding({ code: 'G201', scope, effect: 'block', overridable: true, actions, facts });
}

/** Always the first that the last apply knew of, so that a second plan on the same memory excepts no other. */
function withoutRotation(
  { byUuid }: GuardContext,
  mirror: string,
  uuid: DomainUuid,
  actions: readonly HideCopies[],
): readonly HideCopies[] {
  const memory = byUuid.get(uuid)?.store?.ready?.memory?.mirrors?.[mirror];
  const [known] = (memory?.doomed[uuid] ?? []).toSorted(byText);
  return actions.filter(({ chain }) => chain !== known);
}
