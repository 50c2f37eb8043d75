import type { DesiredState, DesiredStore } from '../model/desired.ts';
import type { ReadyStore } from '../model/observed-store.ts';
import type { Reason } from '../model/reason.ts';
import { includedDisks } from './disks.ts';
import type { DomainSituation, MirrorSituation, Planning, StoreSituation } from './planning.ts';
import { directoryOfPath } from './store-situations.ts';

type Unreadable = ReadyStore['unreadable'][number];

/**
 * What could not be read of a store and bears on one of its directories: what
 * lies in it, and what cannot be told to lie in any known one (I4).
 */
export function unreadableFor(store: StoreSituation, directory: string | null): Unreadable | null {
  return store.ready === null ? null : bearingOn(store.ready, directory);
}

/** The same of one store's copies at a mirror. */
export function unreadableAt(
  { content }: MirrorSituation,
  directory: string | null,
): Unreadable | null {
  return content === null ? null : bearingOn(content, directory);
}

function bearingOn(
  {
    unreadable,
    directories,
  }: {
    readonly unreadable: readonly Unreadable[];
    readonly directories: readonly { readonly directory: string }[];
  },
  directory: string | null,
): Unreadable | null {
  if (unreadable.length === 0) return null;
  const known = new Set(directories.map((one) => one.directory));
  return (
    unreadable.find(({ path }) => {
      const owner = directoryOfPath(path);
      return owner === null || !known.has(owner) || owner === directory;
    }) ?? null
  );
}

/** Why nothing on the whole host may be deleted now; null if everything was seen that a deletion needs. */
export function hostUnseen({ observed }: Planning): Reason | null {
  if (!observed.hypervisor.seen) {
    return {
      code: 'unseen',
      facts: { part: 'libvirt', message: observed.hypervisor.failure.message },
    };
  }
  if (!observed.runs.seen) {
    return { code: 'unseen', facts: { part: 'journal', message: observed.runs.failure.message } };
  }
  return null;
}

/** Whether anything was not seen: exit 9. */
export function isIncomplete(planning: Planning): boolean {
  return (
    isHostIncomplete(planning) ||
    planning.mirrors.some(
      ({ used, unseen, content }) =>
        used && (unseen !== null || (content !== null && content.unreadable.length > 0)),
    )
  );
}

/**
 * Whether anything of this host was not seen: its hypervisor, journals, stores
 * and domains. What a mirror does not show is no reason to distrust the rest (I9).
 */
export function isHostIncomplete(planning: Planning): boolean {
  const { observed, stores, domains } = planning;
  return (
    hostUnseen(planning) !== null ||
    !observed.scratch.seen ||
    stores.some(
      (store) =>
        bearsOnPlan(store.desired, planning.desired) &&
        (store.trouble?.code === 'unseen' || (store.ready?.unreadable.length ?? 0) > 0),
    ) ||
    domains.some((domain) => domain.unseen !== null || unseenPartOf(domain) !== null)
  );
}

/** Whether something is decided by what is in a store: rules use it, or a removal may mean points in it. */
export function bearsOnPlan(
  { isUnused }: Pick<DesiredStore, 'isUnused'>,
  { removed }: Pick<DesiredState, 'removed'>,
): boolean {
  return isUnused !== true || removed.length > 0;
}

/** Part of a domain, and why it was not seen. */
export interface UnseenPart {
  readonly part: string;
  readonly message: string;
}

/**
 * The first part of a managed domain that could not be seen; null if all was. An
 * image that a restore had set aside when it died is one: which bitmaps it has
 * is seen when it is back.
 */
export function unseenPartOf({ observed, desired }: DomainSituation): UnseenPart | null {
  if (observed === null || desired === null) return null;
  const { checkpoints } = observed;
  if (!checkpoints.seen) return { part: 'checkpoints', message: checkpoints.failure.message };
  for (const { target, images, bitmaps } of includedDisks(observed, desired).included) {
    if (!images.seen) return { part: target, message: images.failure.message };
    if (bitmaps?.seen === false) return { part: target, message: bitmaps.failure.message };
  }
  return null;
}
