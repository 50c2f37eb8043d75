import type { ObservedCheckpoint } from '../../model/observed.ts';
import { attribute, child, childrenOf, parseXml, textOf } from './xml.ts';

/**
 * Reads `checkpoint-dumpxml --no-domain [--size]`; null if it is none. Of a
 * running domain, a disk without `size=` has lost its bitmap (seen after a
 * kill -9 of QEMU); without `--size` there is none on any disk.
 */
export function readCheckpointXml(text: string): ObservedCheckpoint | null {
  const root = parseXml(text);
  const name = child(root, 'name')?.text ?? '';
  if (root?.name !== 'domaincheckpoint' || name === '') return null;
  return {
    name,
    parent: textOf(child(root, 'parent', 'name')),
    disks: childrenOf(child(root, 'disks'), 'disk').flatMap((disk) => {
      const target = attribute(disk, 'name');
      if (target === null || attribute(disk, 'checkpoint') !== 'bitmap') return [];
      const size = attribute(disk, 'size');
      return [
        {
          target,
          bitmap: attribute(disk, 'bitmap') ?? name,
          dirtyBytes: size !== null && /^\d+$/.test(size) ? Number(size) : null,
        },
      ];
    }),
  };
}
