import type { ObservedDirectory } from '../model/observed-store.ts';
import type { ObservedDisk, ObservedDomain } from '../model/observed.ts';
import type { ImageStat } from '../model/point.ts';

/**
 * Whether a domain that is off is proven to be what its newest point holds:
 * the last look was taken after that very point, each image of each backing
 * chain still has every figure of it, and the definition is the same. Then
 * the look that is at hand is as fresh as a point would be.
 */
export function isUnchanged(
  domain: ObservedDomain,
  disks: readonly ObservedDisk[],
  directory: ObservedDirectory | null,
): boolean {
  const tip = directory?.tip ?? null;
  const look = directory?.lastLook ?? null;
  if (domain.state !== 'off' || tip === null || look === null || look.point !== tip.point) {
    return false;
  }
  if (tip.definitionDigest !== domain.definitionDigest) return false;
  const targets = new Set(tip.disks.map(({ target }) => target));
  if (targets.size !== disks.length) return false;
  const known = new Map(look.images.map((image) => [image.path, image]));
  return disks.every(
    (disk) =>
      targets.has(disk.target) &&
      disk.images.seen &&
      disk.images.value.length > 0 &&
      disk.images.value.every(({ stat }) => stat !== null && isSame(stat, known.get(stat.path))),
  );
}

function isSame(a: ImageStat, b: ImageStat | undefined): boolean {
  return (
    b !== undefined &&
    a.device === b.device &&
    a.inode === b.inode &&
    a.sizeBytes === b.sizeBytes &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  );
}
