import type { VerifyPoints } from '../model/check-action.ts';
import type { DomainUuid } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedChain } from '../model/observed-store.ts';
import type { Note } from '../model/plan.ts';
import { defaultVerifyBudget, type VerifyBudget } from '../model/verification.ts';
import {
  bytesOf,
  checkReasons,
  dueOf,
  earlier,
  laterNote,
  pointsOf,
  spentBytes,
  withinBudget,
  type DuePoint,
} from './check-queue.ts';
import { chainKey } from './heals.ts';
import { grouped } from './order.ts';
import type { DomainSituation, Planning, StoreSituation } from './planning.ts';

/** What is checked by this plan, and what has to wait for another day. */
export interface PlannedChecks {
  readonly actions: readonly VerifyPoints[];
  readonly notes: readonly Note[];
  /** When the next point of a domain is due after this plan. */
  readonly nextAt: ReadonlyMap<DomainUuid, Instant>;
}

/**
 * Points that are due for a check, the most urgent first, as many as the store's
 * budget of 24 hours allows: what was read in the last 24 hours is known by the
 * notes of the checks, so that a plan after this one checks nothing twice (I3).
 * `going`: keys of chains that this plan moves to the trash.
 */
export function plannedChecks(planning: Planning, going: ReadonlySet<string>): PlannedChecks {
  const actions: VerifyPoints[] = [];
  const notes: Note[] = [];
  const nextAt = new Map<DomainUuid, Instant>();
  for (const store of planning.stores) {
    if (store.ready === null || store.ref === null || store.trouble !== null) continue;
    const domains = planning.domains.filter(
      (domain) => domain.store === store && domain.desired?.verification !== undefined,
    );
    if (domains.length === 0) continue;
    const due = domains.flatMap((domain) => duePoints(planning, store, domain, going, nextAt));
    const spent = spentBytes(
      planning,
      store.ready.directories.flatMap(({ chains }) => chains),
    );
    const { now, later } = withinBudget(due, budgetOf(store), spent);
    for (const [domain, points] of grouped(now, (point) => point.domain)) {
      actions.push(checkOf(store, domain, points));
    }
    if (later.length === 0) continue;
    for (const { domain } of later) nextAt.set(domain.uuid, planning.asOf);
    const { name, desired } = store;
    notes.push(laterNote(`store/${name}`, later, budgetOf(store), desired.place));
  }
  return { actions, notes, nextAt };
}

const budgetOf = ({ desired }: StoreSituation): VerifyBudget =>
  desired.verifyBudget ?? defaultVerifyBudget;

/** The points of a domain that are due; notes when the next of the others will be. */
function duePoints(
  planning: Planning,
  store: StoreSituation,
  domain: DomainSituation,
  going: ReadonlySet<string>,
  nextAt: Map<DomainUuid, Instant>,
): readonly DuePoint[] {
  const { directory, desired, uuid } = domain;
  const verification = desired?.verification;
  if (directory === null || verification === undefined) return [];
  const stays = ({ id }: ObservedChain): boolean =>
    !going.has(chainKey(store.name, directory.directory, id));
  const due = dueOf(planning, domain, directory.chains.filter(stays), verification);
  const next = earlier(nextAt.get(uuid), due.nextAt);
  if (next !== null) nextAt.set(uuid, next);
  return due.points;
}

function checkOf(
  store: StoreSituation,
  { uuid, name, address, desired, directory }: DomainSituation,
  points: readonly DuePoint[],
): VerifyPoints {
  const verification = desired?.verification;
  if (store.ref === null || directory === null || verification === undefined) {
    throw new Error(`${name} has no points to check`);
  }
  return {
    kind: 'verify-points',
    id: `verify-points:${store.name}:${uuid}`,
    wave: 50,
    address,
    dependsOn: [],
    reasons: checkReasons(points, verification),
    place: desired?.place ?? null,
    blockedBy: [],
    bytes: bytesOf(points),
    domain: { uuid, name },
    store: store.ref,
    directory: directory.directory,
    depth: verification.depth,
    points: pointsOf(points),
    rateBytesPerSecond: budgetOf(store).rateBytesPerSecond,
  };
}
