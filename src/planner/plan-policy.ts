import type { Action, CreateStore } from '../model/action.ts';
import type { DesiredState } from '../model/desired.ts';
import type { ChainId, DomainUuid } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan, Request } from '../model/plan.ts';
import { orderedActions } from './action-order.ts';
import { applyGuards } from './apply-guards.ts';
import { checkPlan } from './check.ts';
import { isIncomplete } from './completeness.ts';
import { purges, removals, retentionOutcome } from './deletions.ts';
import { decideDomain, type DomainDecision, type Leftovers } from './domain-decision.ts';
import { notesOf } from './notes.ts';
import { observedParts } from './observed-parts.ts';
import { byText, grouped } from './order.ts';
import { planningOf } from './planning-of.ts';
import type { DomainSituation, Planning } from './planning.ts';
import { hostRepairs, incomingRepairs, type HostRepair } from './repairs.ts';
import { sealPlan } from './seal.ts';
import { targetedActions } from './targeted-actions.ts';
import { verdictsOf } from './verdicts.ts';

/**
 * The plan that makes what is into what should be. Pure: the only clock is
 * `observed.observedAt`, and the order of the inputs does not matter. `asOf`
 * is given by the closing check of an apply alone: dueness, age and expiry are
 * taken there, and points that came later count as at that instant (I3).
 */
export function planPolicy(
  desired: DesiredState,
  observed: ObservedState,
  request: Request,
  asOf: Instant = observed.observedAt,
): Plan {
  const planning = planningOf(desired, observed, request, asOf);
  const repairs = hostRepairs(planning);
  const decisions = decideAll(planning, repairs);
  const retained = retainAll(planning, decisions);
  const removed = removals(planning, decisions);
  const drafted = orderedActions(
    targetedActions(planning, [
      ...createStores(planning),
      ...repairs,
      ...incomingRepairs(planning, repairs),
      ...[...decisions.values()].flatMap((decision) => decision.repairs),
      ...[...decisions.values()].flatMap(({ backup }) => (backup === null ? [] : [backup])),
      ...retained.trash,
      ...removed,
      ...purges(planning),
    ]),
    decisions,
  );
  const byUuid = new Map(planning.domains.map((domain) => [domain.uuid, domain]));
  const { actions, guards } = applyGuards({ planning, actions: drafted, decisions, byUuid });
  const plan = sealPlan({
    purpose: 'policy',
    tool: observed.tool,
    host: observed.host.name,
    plannedAt: asOf,
    policy: policyLine(desired),
    observed: observedParts(planning),
    request,
    actions,
    notes: notesOf(planning),
    guards,
    domains: verdictsOf(planning, decisions, actions),
    incomplete: isIncomplete(planning),
    doomed: retained.doomed,
  });
  return checked(plan, planning);
}

/** Law 8: a plan that fails its own check is a mistake of ours and does not leave the planner. */
function checked(plan: Plan, { observed, domains }: Planning): Plan {
  const floors = new Map(
    domains.flatMap(({ uuid, desired }): readonly (readonly [DomainUuid, number])[] =>
      desired === null ? [] : [[uuid, desired.retention.minPoints]],
    ),
  );
  const problems = checkPlan(plan, observed, floors);
  if (problems.length > 0) {
    throw new Error(
      `The planner broke its own laws: ${problems.map((one) => one.message).join('; ')}`,
    );
  }
  return plan;
}

/** The first line of a plan. */
export function policyLine({ policy, timezone, stores, mirrors }: DesiredState): Plan['policy'] {
  return {
    file: policy.file,
    digest: policy.digest,
    branch: policy.branch,
    commit: policy.commit,
    timezone,
    rules: policy.rules,
    stores: stores.length,
    mirrors: mirrors.length,
  };
}

function createStores({ stores }: Planning): readonly CreateStore[] {
  return stores.flatMap(({ name, ref, toCreate, desired }): readonly CreateStore[] =>
    ref === null || !toCreate
      ? []
      : [
          {
            kind: 'create-store',
            id: `create-store:${name}`,
            wave: 10,
            address: `store/${name}`,
            dependsOn: [],
            reasons: [{ code: 'store-new', facts: { path: desired.path } }],
            place: desired.place,
            blockedBy: [],
            bytes: null,
            store: ref,
          },
        ],
  );
}

function decideAll(
  planning: Planning,
  repairs: readonly HostRepair[],
): ReadonlyMap<DomainUuid, DomainDecision> {
  const byDomain = grouped(repairs, ({ domain }) => domain.uuid);
  const leftovers = ({ uuid }: DomainSituation): Leftovers => {
    const own = byDomain.get(uuid) ?? [];
    return {
      // What only tidies up holds no point up, should it fail.
      ids: own
        .filter(({ kind }) => kind !== 'discard-files')
        .map(({ id }) => id)
        .toSorted(byText),
      jobEnds: own.some(({ kind }) => kind === 'abort-job'),
      powerRestored: own.some(({ kind }) => kind === 'restore-power-state'),
      putBack: own.some(({ kind }) => kind === 'put-back'),
    };
  };
  return new Map(
    planning.domains.map((domain) => [
      domain.uuid,
      decideDomain(planning, domain, leftovers(domain)),
    ]),
  );
}

function retainAll(
  planning: Planning,
  decisions: ReadonlyMap<DomainUuid, DomainDecision>,
): {
  readonly trash: readonly Action[];
  readonly doomed: Readonly<Record<string, readonly ChainId[]>>;
} {
  const trash: Action[] = [];
  const doomed: Record<string, readonly ChainId[]> = {};
  for (const domain of planning.domains) {
    const decision = decisions.get(domain.uuid);
    if (decision === undefined) continue;
    const outcome = retentionOutcome(planning, domain, decision);
    trash.push(...outcome.trash);
    if (outcome.doomed.length > 0 && domain.unseen === null) doomed[domain.uuid] = outcome.doomed;
  }
  return { trash, doomed };
}
