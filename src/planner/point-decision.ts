import type { Action } from '../model/action.ts';
import type { Backup } from '../model/backup-action.ts';
import type { DesiredDomain } from '../model/desired.ts';
import { directoryNameOf } from '../model/directory-name.ts';
import type { ObservedDisk, ObservedDomain } from '../model/observed.ts';
import type { DomainVerdict, Request } from '../model/plan.ts';
import type { Reason } from '../model/reason.ts';
import { backupOf } from './backup.ts';
import { newChainCause } from './chain-cause.ts';
import { replacedCheckpoints, type AfterRepairs } from './checkpoints.ts';
import { unreadableFor } from './completeness.ts';
import { includedDisks } from './disks.ts';
import { normalised } from './domain-situations.ts';
import { dueReason } from './dueness.ts';
import type { DomainSituation, Planning, StoreSituation } from './planning.ts';
import { directoryOfPath } from './store-situations.ts';
import { plaintextHindrance, unseenPart, type Hindrance } from './support.ts';
import { decideDisks, isRedefinable } from './trackers.ts';
import { isUnchanged } from './unchanged.ts';

/** Everything that the decision about one point reads. */
export interface PointQuestion {
  readonly planning: Planning;
  readonly domain: DomainSituation;
  readonly observed: ObservedDomain;
  readonly desired: DesiredDomain;
  readonly included: readonly ObservedDisk[];
  /** What a restore that died left is put back first. */
  readonly putBack: boolean;
  /** null in a state in which nothing is done to it. */
  readonly after: AfterRepairs | null;
  readonly freshMs: number | null;
  readonly repairs: readonly Action[];
}

/** What comes of the question whether a domain gets a point. */
export interface PointDecision {
  readonly verdict: DomainVerdict['verdict'];
  readonly reasons: readonly Reason[];
  readonly backup?: Backup;
  /** Where the newest point counts as one of now: the domain has not changed since. */
  readonly freshMs?: number;
}

/** Decides whether a domain gets a point now; `present`: what hinders it in its present state. */
export function decidePoint(question: PointQuestion, present: Hindrance | null): PointDecision {
  const { planning, domain, observed, desired, included, putBack, after, repairs } = question;
  const asked = askedPoint(planning.request, domain);
  const due = dueReason(desired.schedule, domain.uuid, question.freshMs, planning);
  if (due === null && asked === null)
    return { verdict: 'up-to-date', reasons: [{ code: 'not-due' }] };
  if (
    asked === null &&
    !touchesImages(repairs) &&
    isUnchanged(observed, included, domain.directory)
  ) {
    return { verdict: 'up-to-date', reasons: [{ code: 'unchanged' }], freshMs: planning.asOfMs };
  }
  if (!domain.targeted) return { verdict: 'waiting', reasons: [{ code: 'not-targeted' }] };
  // A restore that died left other images in place: what they are is known after they are back.
  const first: Hindrance | null = putBack
    ? { verdict: 'waiting', reason: { code: 'put-back-first' } }
    : null;
  const hindrance =
    first ??
    present ??
    unseenPart(observed, desired, included) ??
    plaintextHindrance(desired, included) ??
    storeHindrance(domain);
  if (hindrance !== null) return { verdict: hindrance.verdict, reasons: [hindrance.reason] };
  if (after === null || domain.store === null) throw new Error(`${domain.name} has no store`);
  return takePoint(question, domain.store, after, { due, asked });
}

/** What `--now` asks of a domain. */
function askedPoint(request: Request, domain: DomainSituation): Request['now'][number] | null {
  return request.now.find(({ address }) => normalised(address) === domain.address) ?? null;
}

/**
 * Whether repairs of this plan change the images of a domain that is off: a
 * bitmap that is removed changes their times, and the next plan could not call
 * the domain unchanged any more (I3).
 */
function touchesImages(repairs: readonly Action[]): boolean {
  return repairs.some((repair) => repair.kind === 'drop-checkpoint' && repair.images.length > 0);
}

/** What keeps a point out of its store. */
function storeHindrance({ store, name, uuid, directory }: DomainSituation): Hindrance | null {
  if (store === null) return { verdict: 'blocked', reason: { code: 'store-unknown' } };
  const { trouble } = store;
  if (trouble !== null) {
    const verdict = trouble.code === 'unseen' ? 'unseen' : 'blocked';
    return {
      verdict,
      reason: {
        code: `store-${trouble.code}`,
        facts: { store: store.name, message: trouble.message },
      },
    };
  }
  if (directory !== null) return null;
  // What is called like this domain and cannot be read may be its points: no full beside it (G151).
  const own = directoryNameOf(name, uuid, new Set());
  const known = new Set(store.ready?.directories.map((one) => one.directory));
  // It had points here: they may be where nobody can tell whose they are, under a name that it had before.
  const isMissed = (store.ready?.memory?.points[uuid] ?? 0) > 0;
  const unreadable = store.ready?.unreadable.find(({ path }) => {
    const place = directoryOfPath(path);
    // Or in a list of all domains that was not to be had.
    if (place === own || path === 'domains') return true;
    return isMissed && place !== null && !known.has(place);
  });
  return unreadable === undefined ? null : unreadableHindrance(unreadable.message);
}

const unreadableHindrance = (message: string): Hindrance => ({
  verdict: 'unseen',
  reason: { code: 'directory-unreadable', facts: { message } },
});

// Fulls that follow from what the store or the trackers do not show; the others are the policy's own.
const causedByAbsence: ReadonlySet<string> = new Set([
  'no-chain',
  'no-valid-point',
  'parent-faulty',
  'tracker-lost',
  'no-tracker',
  'disk-new',
  'source-changed',
]);

function takePoint(
  question: PointQuestion,
  store: StoreSituation,
  after: AfterRepairs,
  why: { readonly due: Reason | null; readonly asked: Request['now'][number] | null },
): PointDecision {
  const { planning, domain, observed, desired, included, repairs } = question;
  const tip = domain.directory?.tip ?? null;
  const cause = newChainCause(domain.directory, desired, why.asked?.full ?? false, planning.asOf);
  const redefinition = repairs.find(({ kind }) => kind === 'redefine-checkpoint');
  const disks = decideDisks(observed, desired, included, tip, {
    cause,
    redefined: redefinition !== undefined && isRedefinable(observed, tip),
  });
  const directory = domain.directory?.directory ?? null;
  const unreadable = directory === null ? null : unreadableFor(store, directory);
  const isAbsent = disks.some(({ reasons }) =>
    reasons.some(({ code }) => causedByAbsence.has(code)),
  );
  if (unreadable !== null && isAbsent) {
    const { verdict, reason } = unreadableHindrance(unreadable.message);
    return { verdict, reasons: [reason] };
  }
  const backup = backupOf(planning, domain, {
    observed,
    desired,
    store,
    disks,
    excluded: includedDisks(observed, desired).excluded,
    due: dueReasons(why),
    cause,
    asked: why.asked,
    after: {
      power: after.power,
      dependsOn: [...after.dependsOn, ...(redefinition === undefined ? [] : [redefinition.id])],
    },
    release: unreadable === null ? replacedCheckpoints(planning, domain, observed) : [],
  });
  if (backup === null) throw new Error(`${store.name} cannot hold a point`);
  return { verdict: 'acted-on', reasons: backup.reasons, backup };
}

function dueReasons({
  due,
  asked,
}: {
  readonly due: Reason | null;
  readonly asked: Request['now'][number] | null;
}): readonly Reason[] {
  if (asked === null) return due === null ? [] : [due];
  const { note } = asked;
  return [
    { code: 'asked', ...(note === null ? {} : { facts: { note } }) },
    ...(due === null ? [] : [due]),
  ];
}
