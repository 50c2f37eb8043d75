import type { ObservedImage } from '../model/observed.ts';
import type { SourceIdentity } from '../model/point.ts';

/**
 * Whether two looks saw the same image, whatever its path is called. Two
 * images swapped between two targets gave a "successful" increment whose
 * restores were wrong, so each part must agree that identifies its kind.
 */
export function sameSource(a: SourceIdentity, b: SourceIdentity): boolean {
  if (a.kind !== b.kind || a.format !== b.format || a.serial !== b.serial) return false;
  switch (a.kind) {
    case 'file':
      return a.inode === null || b.inode === null
        ? a.path === b.path && a.inode === b.inode
        : a.inode === b.inode && a.device === b.device;
    case 'block':
      return a.stableId === null || b.stableId === null
        ? a.path === b.path && a.stableId === b.stableId
        : a.stableId === b.stableId;
    case 'network':
      return a.path === b.path;
    default:
      return false;
  }
}

/**
 * Whether an image of a manifest lies in a backing chain. An external snapshot
 * puts a new active image on top; the one of the manifest is then below it.
 */
export function isInChain(source: SourceIdentity, images: readonly ObservedImage[]): boolean {
  // A serial number is the disk's: libvirt tells it of the active image only.
  const serial = images[0]?.identity.serial ?? null;
  return images.some(({ identity }) => sameSource({ ...identity, serial }, source));
}
