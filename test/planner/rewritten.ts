import type { ObservedDomain } from '../../src/model/observed.ts';
import { seen } from '../../src/model/result.ts';

/** A bitmap that goes out of an image changes the file: it is no longer what the last look saw. */
export function rewritten(one: ObservedDomain, paths: readonly string[]): ObservedDomain {
  return {
    ...one,
    disks: one.disks.map((disk) => ({
      ...disk,
      images: disk.images.seen
        ? seen(
            disk.images.value.map((image) =>
              image.stat === null || !paths.includes(image.stat.path)
                ? image
                : { ...image, stat: { ...image.stat, mtimeNs: `${image.stat.mtimeNs}1` } },
            ),
          )
        : disk.images,
    })),
  };
}
