import type { Action } from '../model/action.ts';
import type { Untrack } from '../model/checkpoint-action.ts';
import type { DesiredState } from '../model/desired.ts';
import type { CheckpointName, DomainUuid } from '../model/identity.ts';
import type { ObservedDirectory } from '../model/observed-store.ts';
import type { ObservedDomain, ObservedState } from '../model/observed.ts';
import type { Plan, Request } from '../model/plan.ts';
import { applyGuards } from './apply-guards.ts';
import { ownerStore, presentCheckpoints } from './checkpoints.ts';
import { isIncomplete } from './completeness.ts';
import type { DomainDecision } from './domain-decision.ts';
import { observedParts } from './observed-parts.ts';
import { byText } from './order.ts';
import { policyLine } from './plan-policy.ts';
import { planningOf } from './planning-of.ts';
import type { DomainSituation, Planning, StoreSituation } from './planning.ts';
import { sealPlan } from './seal.ts';
import { presentHindrance } from './support.ts';

/**
 * The plan of `untrack DOMAIN`: drops the checkpoints and bitmaps that our
 * stores have on a domain and closes its live chains, so that a user's own
 * snapshots can be reverted. The next point is a full. A domain that is in no
 * state to be touched gets a verdict and no action.
 */
export function planUntrack(
  desired: DesiredState,
  observed: ObservedState,
  uuid: DomainUuid,
  request: Request,
): Plan {
  const planning = planningOf(desired, observed, request);
  const domain = planning.domains.find((one) => one.uuid === uuid);
  const { drafted, decision } = decide(planning, domain);
  const decisions = new Map(domain === undefined ? [] : [[domain.uuid, decision]]);
  const byUuid = new Map(planning.domains.map((one) => [one.uuid, one]));
  const { actions, guards } = applyGuards({
    planning,
    actions: drafted,
    decisions,
    byUuid,
    copies: new Map(),
  });
  return sealPlan({
    purpose: 'untrack',
    tool: observed.tool,
    host: observed.host.name,
    plannedAt: observed.observedAt,
    policy: policyLine(desired),
    observed: observedParts(planning),
    request,
    actions,
    notes: [],
    guards: guards.filter(({ actions: ids }) => ids.length > 0),
    domains:
      domain === undefined
        ? []
        : [
            {
              domain: { uuid, name: domain.name },
              verdict: decision.verdict,
              reasons: decision.reasons,
              place: domain.desired?.place ?? null,
              nextDueAt: null,
              freshAt: null,
              rpoSeconds: domain.desired?.rpoSeconds ?? null,
            },
          ],
    incomplete: isIncomplete(planning),
    doomed: {},
  });
}

interface UntrackDecision {
  readonly drafted: readonly Action[];
  readonly decision: DomainDecision;
}

function left(
  verdict: DomainDecision['verdict'],
  reasons: DomainDecision['reasons'],
  drafted: readonly Action[] = [],
): UntrackDecision {
  return { drafted, decision: { verdict, reasons, freshMs: null, repairs: [], backup: null } };
}

function decide(planning: Planning, domain: DomainSituation | undefined): UntrackDecision {
  const observed = domain?.observed ?? null;
  if (domain === undefined || observed === null) {
    const message = domain?.unseen?.message;
    return message === undefined
      ? left('gone', [{ code: 'gone' }])
      : left('unseen', [{ code: 'unseen', facts: { message } }]);
  }
  if (!observed.checkpoints.seen) {
    const { message } = observed.checkpoints.failure;
    return left('unseen', [{ code: 'checkpoints-unseen', facts: { message } }]);
  }
  const hindrance = presentHindrance(observed, false);
  if (hindrance !== null) return left(hindrance.verdict, [hindrance.reason]);
  const actions = planning.stores.flatMap((store) => untrackOf(planning, domain, observed, store));
  return actions.length === 0
    ? left('up-to-date', [{ code: 'nothing-tracked' }])
    : left('acted-on', [{ code: 'asked' }], actions);
}

/** What one store has on a domain: nothing gives no action. */
function untrackOf(
  planning: Planning,
  domain: DomainSituation,
  observed: ObservedDomain,
  store: StoreSituation,
): readonly Untrack[] {
  const { state } = observed;
  if (store.ref === null || store.trouble !== null) return [];
  if (state !== 'running' && state !== 'paused' && state !== 'off') return [];
  const checkpoints = presentCheckpoints(observed).filter(
    (checkpoint) => ownerStore(planning, checkpoint) === store,
  );
  const directory = store.directories.get(domain.uuid) ?? null;
  const closes = openChain(directory);
  // Only a chain that counts on a tracker is closed by dropping it.
  if (checkpoints.length === 0 || directory === null) return [];
  return [
    {
      kind: 'untrack',
      id: `untrack:${store.name}:${domain.uuid}`,
      wave: 10,
      address: domain.address,
      dependsOn: [],
      reasons: [{ code: 'asked' }],
      place: null,
      blockedBy: [],
      bytes: null,
      domain: { uuid: domain.uuid, name: domain.name },
      store: store.ref,
      directory: directory.directory,
      checkpoints,
      power: state,
      images: state === 'off' ? imagesOf(observed, checkpoints) : [],
      closes,
    },
  ];
}

function openChain(directory: ObservedDirectory | null): Untrack['closes'] {
  const tip = directory?.tip ?? null;
  const chain = directory?.chains.find(({ id }) => id === tip?.chain);
  return chain === undefined || chain.closed !== null ? null : chain.id;
}

/** Active images that carry any of the bitmaps. */
function imagesOf(
  { disks }: ObservedDomain,
  checkpoints: readonly CheckpointName[],
): readonly string[] {
  const wanted: ReadonlySet<string> = new Set(checkpoints);
  return disks
    .flatMap(({ bitmaps, images }) => {
      const has = bitmaps?.seen === true && bitmaps.value.some(({ name }) => wanted.has(name));
      const active = has && images.seen ? images.value[0] : undefined;
      return active === undefined ? [] : [active.identity.path];
    })
    .toSorted(byText);
}
