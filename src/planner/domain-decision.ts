import type { Action } from '../model/action.ts';
import type { Backup } from '../model/backup-action.ts';
import { runOfDrill } from '../model/drill.ts';
import type { ObservedDisk, ObservedDomain } from '../model/observed.ts';
import type { DomainVerdict } from '../model/plan.ts';
import type { Reason } from '../model/reason.ts';
import { checkpointDrops, checkpointRedefinition, type AfterRepairs } from './checkpoints.ts';
import { includedDisks } from './disks.ts';
import { newestValidMs } from './dueness.ts';
import type { DomainSituation, Planning } from './planning.ts';
import { decidePoint } from './point-decision.ts';
import { lastingHindrance, presentHindrance, type Hindrance } from './support.ts';

/** What is decided of one domain, before deletions and guards. */
export interface DomainDecision {
  readonly verdict: DomainVerdict['verdict'];
  readonly reasons: readonly Reason[];
  readonly freshMs: number | null;
  readonly repairs: readonly Action[];
  readonly backup: Backup | null;
}

/** The repairs of the host that come before anything else of a domain. */
export interface Leftovers {
  readonly ids: readonly string[];
  readonly jobEnds: boolean;
  readonly powerRestored: boolean;
  readonly putBack: boolean;
  /** Block devices that a restore which died may have left half written. */
  readonly halfWritten: readonly string[];
}

/** Decides one domain: its repairs, its point, or the one list that it ends in without (I13). */
export function decideDomain(
  planning: Planning,
  domain: DomainSituation,
  leftovers: Leftovers,
): DomainDecision {
  const freshMs = newestValidMs(domain.directory, planning);
  const left = (verdict: DomainDecision['verdict'], ...reasons: Reason[]): DomainDecision => ({
    verdict,
    reasons,
    freshMs,
    repairs: [],
    backup: null,
  });
  const { observed, desired, unseen } = domain;
  if (domain.ignored !== null) return left('ignored');
  if (unseen !== null) {
    return left('unseen', { code: 'unseen', facts: { message: unseen.message } });
  }
  const drilledBy = observed === null ? null : runOfDrill(observed);
  if (drilledBy !== null) {
    return left('unsupported', { code: 'drill-guest', facts: { run: drilledBy } });
  }
  if (observed === null) return left('gone', { code: 'gone', facts: holdings(domain) });
  if (desired === null) return left('unmanaged', { code: 'unmanaged', facts: holdings(domain) });
  const { included } = includedDisks(observed, desired);
  const lasting = lastingHindrance(observed, included);
  if (lasting !== null) return left(lasting.verdict, lasting.reason);
  const present =
    presentHindrance(observed, leftovers.jobEnds) ??
    halfWrittenHindrance(observed, included, leftovers.halfWritten);
  const after = afterRepairs(observed, leftovers);
  const repairs = present === null && after !== null ? trackerRepairs(planning, domain, after) : [];
  const point = {
    planning,
    domain,
    observed,
    desired,
    included,
    putBack: leftovers.putBack,
    after,
    freshMs,
    repairs,
  };
  return { ...left('up-to-date'), repairs, ...decidePoint(point, present) };
}

/** Disks that are neither old nor new: no point of them, and nothing of a tracker to be trusted or removed. */
function halfWrittenHindrance(
  { state }: ObservedDomain,
  included: readonly ObservedDisk[],
  halfWritten: readonly string[],
): Hindrance | null {
  // Once somebody has started it, it is used as it is, and its points are worth having.
  if (state !== 'off' || halfWritten.length === 0) return null;
  const half = included.flatMap(({ images }) =>
    images.seen ? images.value.filter(({ identity }) => halfWritten.includes(identity.path)) : [],
  );
  if (half.length === 0) return null;
  const device = half.map(({ identity }) => identity.path).join(', ');
  return { verdict: 'waiting', reason: { code: 'restore-first', facts: { device } } };
}

/** How the domain will be after the host's repairs; null in a state in which nothing is done to it. */
function afterRepairs({ state }: ObservedDomain, leftovers: Leftovers): AfterRepairs | null {
  const dependsOn = leftovers.ids;
  if (leftovers.powerRestored) return { power: 'off', dependsOn };
  return state === 'running' || state === 'paused' || state === 'off'
    ? { power: state, dependsOn, imagesBack: leftovers.putBack }
    : null;
}

function trackerRepairs(
  planning: Planning,
  domain: DomainSituation,
  after: AfterRepairs,
): readonly Action[] {
  // A targeted plan deletes nothing, and a tracker is lost with its checkpoint.
  const drops = planning.request.targets === null ? checkpointDrops(planning, domain, after) : [];
  const redefinition = checkpointRedefinition(domain, after);
  return redefinition === null || !domain.targeted ? drops : [redefinition, ...drops];
}

/** What the stores hold of a domain that the policy does not manage. */
function holdings({
  elsewhere,
  store,
  directory,
}: DomainSituation): Readonly<Record<string, number>> {
  const all = [
    ...elsewhere.map((place) => place.directory),
    ...(store === null || directory === null ? [] : [directory]),
  ];
  const chains = all.flatMap((one) => one.chains);
  if (chains.length === 0) return {};
  const points = chains.flatMap((chain) => chain.points);
  return {
    chains: chains.length,
    points: points.length,
    bytes: points.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
