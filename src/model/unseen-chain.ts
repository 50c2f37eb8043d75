import type { ObservedDomain } from './observed.ts';
import type { Failure } from './result.ts';

// What is missing, is no image, or is no file of this host stands on no file of ours.
const harmless: ReadonlySet<string> = new Set([
  'image-missing',
  'not-an-image',
  'unsupported-source',
]);

/**
 * Why nobody knows on which files a domain stands (G213): a backing chain that
 * could not be seen, of something that has one; null if all is known.
 */
export function unseenChain({ disks }: ObservedDomain): Failure | null {
  const disk = disks.find(
    ({ device, images }) =>
      (device === 'disk' || device === 'lun') && !images.seen && !harmless.has(images.failure.code),
  );
  return disk === undefined || disk.images.seen ? null : disk.images.failure;
}
