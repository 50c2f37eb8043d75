import type { DesiredDomain } from '../model/desired.ts';
import type { CheckpointName } from '../model/identity.ts';
import type { ObservedTip } from '../model/observed-store.ts';
import type { ObservedCheckpoint, ObservedDisk, ObservedDomain } from '../model/observed.ts';
import type { Level } from '../model/point.ts';
import type { Reason } from '../model/reason.ts';
import { isInChain } from './source-identity.ts';

/** What is decided of one disk of the next point. */
export interface DiskDecision {
  readonly disk: ObservedDisk;
  readonly level: Level;
  /** Why a full; empty for an increment. */
  readonly reasons: readonly Reason[];
  /** Bytes that changed since the parent, where a running QEMU counts them. */
  readonly dirtyBytes: number | null;
}

/** Whether a disk can carry a bitmap, and may. */
export function isTrackable(disk: ObservedDisk, desired: DesiredDomain): boolean {
  return disk.format === 'qcow2' && desired.tracker === 'auto';
}

/**
 * Full or increment, disk by disk. `cause` makes all of them fulls. Trackers
 * are observed, not trusted: manifest, libvirt's checkpoint and the bitmap
 * must agree. `redefined`: this plan tells libvirt of the checkpoint again.
 */
export function decideDisks(
  domain: ObservedDomain,
  desired: DesiredDomain,
  disks: readonly ObservedDisk[],
  tip: ObservedTip | null,
  { cause, redefined }: { readonly cause: Reason | null; readonly redefined: boolean },
): readonly DiskDecision[] {
  const checkpoint = listedCheckpoint(domain, tip?.checkpoint ?? null);
  return disks.map((disk): DiskDecision => {
    const reason =
      untrackableReason(disk, desired) ??
      cause ??
      diskReason(domain, disk, tip, { checkpoint, redefined });
    if (reason !== null) return { disk, level: 'full', reasons: [reason], dirtyBytes: null };
    const dirty = checkpoint?.disks.find(({ target }) => target === disk.target)?.dirtyBytes;
    return { disk, level: 'increment', reasons: [], dirtyBytes: dirty ?? null };
  });
}

function untrackableReason(disk: ObservedDisk, desired: DesiredDomain): Reason | null {
  if (desired.tracker === 'never') return { code: 'tracker-never' };
  if (disk.format === 'raw') return { code: 'raw', facts: { disk: disk.target } };
  if (disk.format === 'qcow2') return null;
  return { code: 'format', facts: { disk: disk.target, format: disk.format } };
}

function diskReason(
  domain: ObservedDomain,
  disk: ObservedDisk,
  tip: ObservedTip | null,
  tracker: { readonly checkpoint: ObservedCheckpoint | null; readonly redefined: boolean },
): Reason | null {
  const parent = tip?.disks.find(({ target }) => target === disk.target);
  const facts = { disk: disk.target };
  if (parent === undefined) return { code: 'disk-new', facts };
  if (!disk.images.seen || !isInChain(parent.source, disk.images.value)) {
    return { code: 'source-changed', facts };
  }
  if (!parent.tracked || tip?.checkpoint === null) return { code: 'no-tracker', facts };
  const how = lostHow(domain, disk, tip?.checkpoint ?? '', tracker);
  return how === null ? null : { code: 'tracker-lost', facts: { ...facts, how } };
}

/** How a tracker was lost: crashed, in-use, bitmap-missing, checkpoint-missing; null if it is there. */
function lostHow(
  domain: ObservedDomain,
  disk: ObservedDisk,
  name: string,
  {
    checkpoint,
    redefined,
  }: { readonly checkpoint: ObservedCheckpoint | null; readonly redefined: boolean },
): string | null {
  if (domain.state === 'off') {
    const state = bitmapState(disk, name);
    if (state !== 'good') return domain.stateReason === 'crashed' ? 'crashed' : state;
    return checkpoint === null && !redefined ? 'checkpoint-missing' : null;
  }
  if (checkpoint === null) return 'checkpoint-missing';
  const tracked = checkpoint.disks.find(({ target }) => target === disk.target);
  // QEMU names no size for a bitmap that it does not have.
  return tracked === undefined || tracked.dirtyBytes === null ? 'bitmap-missing' : null;
}

/** What became of a bitmap in the active image of a domain that is off. */
export function bitmapState(
  disk: ObservedDisk,
  name: string,
): 'good' | 'in-use' | 'bitmap-missing' {
  const bitmaps = disk.bitmaps?.seen === true ? disk.bitmaps.value : [];
  const bitmap = bitmaps.find((one) => one.name === name);
  if (bitmap === undefined) return 'bitmap-missing';
  if (bitmap.flags.includes('in-use')) return 'in-use';
  return bitmap.flags.includes('auto') ? 'good' : 'bitmap-missing';
}

function listedCheckpoint(
  domain: ObservedDomain,
  name: CheckpointName | null,
): ObservedCheckpoint | null {
  if (name === null || !domain.checkpoints.seen) return null;
  return domain.checkpoints.value.find((one) => one.name === name) ?? null;
}

/**
 * Whether libvirt can be told again of the checkpoint of the newest point: it
 * lists none of that name, the domain is off, and for each disk that the point
 * tracked the active image has the bitmap, whole, over the image of the
 * manifest. (Its granularity is compared when it is done: libvirt validates.)
 */
export function isRedefinable(domain: ObservedDomain, tip: ObservedTip | null): boolean {
  if (tip === null || tip.checkpoint === null || domain.state !== 'off') return false;
  if (!domain.checkpoints.seen || listedCheckpoint(domain, tip.checkpoint) !== null) return false;
  const tracked = tip.disks.filter((disk) => disk.tracked);
  const { checkpoint } = tip;
  return (
    tracked.length > 0 &&
    tracked.every((parent) => {
      const disk = domain.disks.find(({ target }) => target === parent.target);
      if (disk === undefined || !disk.images.seen) return false;
      return (
        isInChain(parent.source, disk.images.value) && bitmapState(disk, checkpoint) === 'good'
      );
    })
  );
}
