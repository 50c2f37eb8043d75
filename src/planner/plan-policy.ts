import type { Action } from '../model/action.ts';
import type { Heal } from '../model/check-action.ts';
import type { CopyPoints, HideCopies } from '../model/copy-action.ts';
import type { DesiredState } from '../model/desired.ts';
import type { ChainId, DomainUuid } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan, Request } from '../model/plan.ts';
import type { CreateStore, TrashChain } from '../model/store-action.ts';
import { orderedActions } from './action-order.ts';
import type { Guarded } from './apply-guards.ts';
import { careNotes, careOf, type Care } from './care.ts';
import { checkPlan } from './check.ts';
import { isHostIncomplete, isIncomplete } from './completeness.ts';
import { copiedChainKey } from './copy-checks.ts';
import { decideCopies } from './copy-decision.ts';
import { copyPurges } from './copy-deletions.ts';
import { retainCopies, type RetainedCopies } from './copy-retention.ts';
import { purges, removals, retentionOutcome } from './deletions.ts';
import { decideDomain, type DomainDecision, type Leftovers } from './domain-decision.ts';
import { decideDrills } from './drills.ts';
import type { GuardContext } from './guards/guard-context.ts';
import { guardedWithRoom } from './make-room.ts';
import { notesOf } from './notes.ts';
import { observedParts } from './observed-parts.ts';
import { byText, grouped } from './order.ts';
import { planningOf } from './planning-of.ts';
import type { DomainSituation, Planning } from './planning.ts';
import { halfWrittenDevices, hostRepairs, incomingRepairs, type HostRepair } from './repairs.ts';
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
  const byUuid = new Map(planning.domains.map((domain) => [domain.uuid, domain]));
  const retained = retainAll(planning, decisions);
  const removed = removals(planning, decisions);
  const local: readonly Action[] = [
    ...createStores(planning),
    ...repairs,
    ...incomingRepairs(planning, repairs),
    ...[...decisions.values()].flatMap((decision) => decision.repairs),
    ...[...decisions.values()].flatMap(({ backup }) => (backup === null ? [] : [backup])),
  ];
  const due = purges(planning);
  const before = orderedActions(targetedActions(planning, [...local, ...due]), decisions);
  const blocked = blockedBackups({ planning, actions: before, decisions, byUuid });
  const copies = decideCopies(planning, decisions, blocked);
  const copied = [...copies.values()].flatMap((decision) => decision.copies);
  const retainedCopies = retainCopies(copies);
  const { drills, notes } = decideDrills(planning, { decisions, blocked, copies });
  const guarded = ({ heals, checks, copyChecks }: Care): Guarded => {
    const draft = targetedActions(planning, [
      ...local,
      ...afterCopies(retained.trash, copied),
      ...removed,
      ...due,
      ...copied,
      ...heals.actions,
      ...checks.actions,
      ...copyChecks.actions,
      ...drills,
      ...afterHeals(retainedCopies.hides, heals.actions),
      ...copyPurges(planning, copied),
    ]);
    const ordered = orderedActions(draft, decisions);
    return guardedWithRoom({ planning, actions: ordered, decisions, byUuid, copies });
  };
  const leaving = [...retained.trash, ...removed, ...retainedCopies.hides];
  const care = careOf(planning, leaving, guarded);
  const { actions, guards } = guarded(care);
  const incomplete = isIncomplete(planning);
  const plan = sealPlan({
    purpose: 'policy',
    tool: observed.tool,
    host: observed.host.name,
    plannedAt: asOf,
    policy: policyLine(desired),
    observed: observedParts(planning),
    request,
    actions,
    notes: notesOf(planning, retainedCopies.byDecision, decisions, [...careNotes(care), ...notes]),
    guards,
    domains: verdictsOf(planning, decisions, actions, care.checks.nextAt),
    incomplete,
    ...(incomplete && !isHostIncomplete(planning) ? { onlyMirrorsUnseen: true } : {}),
    doomed: retained.doomed,
    ...doomedCopies(retainedCopies),
  });
  return checked(plan, planning);
}

/** Chains that mirrors let go, for the next memory; nothing where there are none. */
function doomedCopies({ doomed }: RetainedCopies): Pick<Plan, 'doomedCopies'> {
  return Object.keys(doomed).length === 0 ? {} : { doomedCopies: doomed };
}

/** Law 8: a plan that fails its own check is a mistake of ours and does not leave the planner. */
function checked(plan: Plan, { desired: { mirrors }, observed, domains }: Planning): Plan {
  const floors = new Map(
    domains.flatMap(({ uuid, desired }): readonly (readonly [DomainUuid, number])[] =>
      desired === null ? [] : [[uuid, desired.retention.minPoints]],
    ),
  );
  const mirrorFloors = new Map(mirrors.map(({ name, retention }) => [name, retention.minPoints]));
  const problems = checkPlan(plan, observed, floors, mirrorFloors);
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
  const halfWritten = halfWrittenDevices(planning);
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
      halfWritten: halfWritten.get(uuid) ?? [],
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
  readonly trash: readonly TrashChain[];
  readonly doomed: Readonly<Record<string, readonly ChainId[]>>;
} {
  const trash: TrashChain[] = [];
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

/** Backups that a guard keeps from being taken, whatever is copied: asked only where something is made of their points. */
function blockedBackups(context: Omit<GuardContext, 'copies'>): ReadonlySet<string> {
  const { mirrors, domains } = context.planning;
  const isAsked = mirrors.length > 0 || domains.some(({ desired }) => desired?.drill !== undefined);
  if (!isAsked) return new Set();
  const { actions } = guardedWithRoom({ ...context, copies: new Map() });
  return new Set(
    actions.flatMap(({ kind, id, blockedBy }) =>
      kind === 'backup' && blockedBy.length > 0 ? [id] : [],
    ),
  );
}

const copyKeyOf = ({ mirror, domain, chain }: HideCopies | Heal): string =>
  copiedChainKey(mirror.name, domain.uuid, chain);

/** A chain goes at a mirror when what the store still needs of it has come back from there. */
function afterHeals(hides: readonly HideCopies[], heals: readonly Heal[]): readonly HideCopies[] {
  if (heals.length === 0) return hides;
  const byChain = grouped(heals, copyKeyOf);
  return hides.map((action) => {
    const own = byChain.get(copyKeyOf(action)) ?? [];
    return { ...action, dependsOn: [...action.dependsOn, ...own.map(({ id }) => id)] };
  });
}

/** A chain goes when what a mirror still lacked of it has arrived there (G207). */
function afterCopies(
  trash: readonly TrashChain[],
  copies: readonly CopyPoints[],
): readonly TrashChain[] {
  if (copies.length === 0) return trash;
  const byChain = grouped(copies, ({ domain, chain }) => `${domain.uuid}/${chain}`);
  return trash.map((action) => {
    const own = byChain.get(`${action.domain.uuid}/${action.chain}`) ?? [];
    return own.length === 0
      ? action
      : { ...action, dependsOn: [...action.dependsOn, ...own.map(({ id }) => id)] };
  });
}
