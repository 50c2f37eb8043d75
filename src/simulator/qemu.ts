import type { ModelDisk, ModelDomain } from './model-domain.ts';
import { type Version, versionsOf } from './model-image.ts';

/**
 * QEMU comes up: it takes over the bitmaps of each image and marks them in
 * use. One that is marked already was left by a QEMU that died: it is broken.
 */
export function powerUp(domain: ModelDomain, state: 'running' | 'paused', runningId: number): void {
  domain.state = state;
  domain.stateReason = 'booted';
  domain.runningId = runningId;
  domain.managedSave = false;
  domain.neverRan = state === 'paused';
  for (const disk of domain.disks) plugIn(disk);
}

/** Whether QEMU finds all images. */
export function canStart({ disks }: ModelDomain): boolean {
  return disks.every(({ image }) => image.isGone !== true);
}

/** A disk comes to a QEMU that runs. */
export function plugIn(disk: ModelDisk): void {
  const { bitmaps } = disk.image;
  disk.live = new Map(
    [...bitmaps].map(([name, saved]) => [name, saved.inUse ? null : new Set(saved.dirty)]),
  );
  for (const saved of bitmaps.values()) saved.inUse = true;
  disk.image.changes += 1;
}

/** A disk leaves: its bitmaps go into the image, those that are broken stay so. */
export function plugOut(disk: ModelDisk): void {
  const { image, live } = disk;
  if (live === null) return;
  image.bitmaps.clear();
  for (const [name, dirty] of live) {
    image.bitmaps.set(name, { dirty: new Set(dirty ?? []), inUse: dirty === null });
  }
  disk.live = null;
  image.changes += 1;
}

/** QEMU ends in good order (seen: also with `destroy --graceful`). */
export function powerDown(domain: ModelDomain): void {
  for (const disk of domain.disks) plugOut(disk);
  gone(domain, 'shutdown');
}

/** QEMU dies: what its bitmaps recorded is lost, and those that were never saved are gone. */
export function kill(domain: ModelDomain): void {
  for (const disk of domain.disks) {
    disk.live = null;
    disk.image.changes += 1;
  }
  gone(domain, 'crashed');
}

function gone(domain: ModelDomain, reason: string): void {
  loseJob(domain);
  domain.state = 'off';
  domain.stateReason = reason;
  domain.runningId = null;
  domain.frozen = false;
  domain.foreignJob = false;
}

/** The job ends, whoever reads it. Its checkpoint stays (seen). */
export function loseJob(domain: ModelDomain): void {
  domain.job?.lost.abort({ code: 'job-lost', message: 'the backup job is gone' });
  domain.job = null;
}

/** A guest writes; one that is frozen, or does not run, cannot. */
export function guestWrites(domain: ModelDomain, disk: ModelDisk, block: number, version: Version) {
  if (domain.state !== 'running' || domain.frozen || block >= disk.image.blocks) return;
  disk.image.data.set(block, version);
  for (const dirty of disk.live?.values() ?? []) dirty?.add(block);
}

/** The disks as they are now, by target. */
export function contentOf(domain: ModelDomain): ReadonlyMap<string, readonly Version[]> {
  return new Map(domain.disks.map(({ target, image }) => [target, versionsOf(image)]));
}
