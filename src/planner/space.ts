import type { Action } from '../model/action.ts';
import { bytesOfAmount } from '../model/amount.ts';
import type { CopyPoints, PurgeCopies } from '../model/copy-action.ts';
import type { PurgeTrash } from '../model/store-action.ts';
import type { MirrorSituation, Planning, StoreSituation } from './planning.ts';

/** A file system that this plan writes to: of a store, or of a mirror that says how much is free. */
export interface SpacePlace {
  /** `store/NAME` or `mirror/NAME`. */
  readonly scope: string;
  readonly freeBytes: number;
  readonly reserveBytes: number;
}

/** Removals of what is in the trash already, here or at a mirror. */
export type Purge = PurgeTrash | PurgeCopies;

/** The places whose free space was seen: stores, then mirrors. */
export function spacePlaces({ stores, mirrors }: Planning): readonly SpacePlace[] {
  const names = [...new Set(mirrors.map(({ name }) => name))];
  return [
    ...stores.flatMap(storePlace),
    ...names.flatMap((name) =>
      mirrorPlace(
        name,
        mirrors.filter((one) => one.name === name),
      ),
    ),
  ];
}

function storePlace({ name, observed, desired }: StoreSituation): readonly SpacePlace[] {
  const state = observed?.state;
  if (state === undefined || state.kind === 'unseen') return [];
  const { freeBytes, totalBytes } = state;
  const reserveBytes = bytesOfAmount(desired.reserve, totalBytes);
  return [{ scope: `store/${name}`, freeBytes, reserveBytes }];
}

/** All stores have their copies on one file system there: the smallest figure is the latest. */
function mirrorPlace(name: string, looks: readonly MirrorSituation[]): readonly SpacePlace[] {
  const seen = looks.flatMap(({ content, desired: { reserve } }) => {
    if (content === null || content.freeBytes === null) return [];
    const { freeBytes, totalBytes = null } = content;
    const isTold = reserve !== undefined && (reserve.kind === 'bytes' || totalBytes !== null);
    return [{ freeBytes, reserveBytes: isTold ? bytesOfAmount(reserve, totalBytes ?? 0) : 0 }];
  });
  const [least] = seen.toSorted((a, b) => a.freeBytes - b.freeBytes);
  return least === undefined ? [] : [{ scope: `mirror/${name}`, ...least }];
}

/** The place that an action writes new data to, or purges. */
export function scopeOf(action: Action): string | null {
  switch (action.kind) {
    case 'backup':
    case 'purge-trash':
      return `store/${action.store.name}`;
    case 'copy-points':
    case 'purge-copies':
      return `mirror/${action.mirror.name}`;
    default:
      return null;
  }
}

/** Whether an action removes what is in the trash. */
export function isPurge(action: Action): action is Purge {
  return action.kind === 'purge-trash' || action.kind === 'purge-copies';
}

/** What writes to one place, in the order of the plan. */
export function writersAt(actions: readonly Action[], scope: string): readonly Action[] {
  return actions.filter((action) => !isPurge(action) && scopeOf(action) === scope);
}

/** Bytes that purges make free there before anything is written. */
export function madeFree(actions: readonly Action[], scope: string): number {
  return actions.reduce(
    (sum, action) =>
      isPurge(action) && action.wave < 90 && scopeOf(action) === scope
        ? sum + (action.bytes ?? 0)
        : sum,
    0,
  );
}

/**
 * Bytes that an action is about to write: its estimate; of a full whose
 * allocation nobody knows, its virtual size. Of an increment that nobody could
 * estimate, and of a copy of a point that is still to be made, nothing.
 */
export function neededBytes(action: Action): number {
  if (action.kind === 'copy-points') return isComparison(action) ? 0 : (action.bytes ?? 0);
  if (action.kind !== 'backup') return 0;
  if (action.bytes !== null) return action.bytes;
  return action.disks.reduce(
    (sum, { estimateBytes, level, sizeBytes }) =>
      sum + (estimateBytes ?? (level === 'full' ? (sizeBytes ?? 0) : 0)),
    0,
  );
}

/** A copy that is compared byte by byte lies there already, at most a little short. */
function isComparison({ compare }: CopyPoints): boolean {
  return compare === 'content';
}

/**
 * Those of the writers that fit, one after the other; a smaller one behind may
 * still fit. Where nothing is left nothing begins, but what lies there already.
 */
export function fitting(writers: readonly Action[], roomBytes: number): ReadonlySet<Action> {
  let left = roomBytes;
  const fit = new Set<Action>();
  for (const action of writers) {
    const needed = neededBytes(action);
    const isThere = action.kind === 'copy-points' && isComparison(action);
    if (!isThere && (needed > left || left <= 0)) continue;
    fit.add(action);
    left -= needed;
  }
  return fit;
}
