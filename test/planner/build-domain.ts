import type { ObservedDirectory } from '../../src/model/observed-store.ts';
import type { ObservedDisk, ObservedDomain } from '../../src/model/observed.ts';
import type { ImageStat, SourceIdentity } from '../../src/model/point.ts';
import { seen } from '../../src/model/result.ts';
import { gib, uuidOf } from './build-policy.ts';

/** Identity of the image of a disk; `inode` tells images apart. */
export function identityOf(path: string, inode: number, format = 'qcow2'): SourceIdentity {
  return { kind: 'file', path, device: 2049, inode, stableId: null, format, serial: null };
}

/** Figures of an image; `touched` is the seconds of its mtime. */
export function statOf(path: string, inode: number, touched = 1_700_000_000): ImageStat {
  const time = `${touched}000000000`;
  return { path, device: 2049, inode, sizeBytes: 10 * gib, mtimeNs: time, ctimeNs: time };
}

/** A disk with one image: `/var/lib/libvirt/images/NAME-TARGET.qcow2`. */
export function disk(
  owner: string,
  target: string,
  inode: number,
  more: Partial<ObservedDisk> = {},
): ObservedDisk {
  const format = more.format ?? 'qcow2';
  const path = `/var/lib/libvirt/images/${owner}-${target}.${format}`;
  return {
    target,
    device: 'disk',
    kind: 'file',
    format,
    readonly: false,
    shareable: false,
    transient: false,
    encrypted: false,
    sizeBytes: 20 * gib,
    allocatedBytes: 8 * gib,
    images: seen([{ identity: identityOf(path, inode, format), stat: statOf(path, inode) }]),
    bitmaps: null,
    ...more,
  };
}

/** A running domain with one qcow2 disk `vda`, whose inode is 100 × number + 1. */
export function domain(
  number: number,
  name: string,
  more: Partial<ObservedDomain> = {},
): ObservedDomain {
  return {
    uuid: uuidOf(number),
    name,
    persistent: true,
    state: 'running',
    stateReason: 'booted',
    runningId: number,
    managedSave: false,
    agent: 'connected',
    disks: [disk(name, 'vda', number * 100 + 1)],
    internalSnapshots: [],
    job: null,
    blockJobs: [],
    checkpoints: seen([]),
    nvram: null,
    tpm: false,
    definitionDigest: 'e'.repeat(64),
    ...more,
  };
}

/** The same domain, off: its bitmaps were looked at. */
export function off(one: ObservedDomain): ObservedDomain {
  return {
    ...one,
    state: 'off',
    stateReason: 'shutdown',
    runningId: null,
    agent: 'none',
    disks: one.disks.map((each) =>
      each.format === 'qcow2' ? { ...each, bitmaps: each.bitmaps ?? seen([]) } : each,
    ),
  };
}

/** The domain with the checkpoint of its newest point, as libvirt lists it and, off, with its bitmaps. */
export function tracked(
  one: ObservedDomain,
  where: ObservedDirectory,
  {
    dirtyBytes = 1.2 * gib,
    listed = true,
    flags = ['auto'],
  }: {
    readonly dirtyBytes?: number | null;
    readonly listed?: boolean;
    readonly flags?: readonly string[];
  } = {},
): ObservedDomain {
  const name = where.tip?.checkpoint ?? '';
  const isOff = one.state === 'off';
  const targets = one.disks.filter(({ format }) => format === 'qcow2').map(({ target }) => target);
  return {
    ...one,
    checkpoints: seen(
      listed
        ? [
            {
              name,
              parent: null,
              disks: targets.map((target) => ({
                target,
                bitmap: name,
                dirtyBytes: isOff || dirtyBytes === null ? null : Math.round(dirtyBytes),
              })),
            },
          ]
        : [],
    ),
    disks: one.disks.map((each) =>
      isOff && each.format === 'qcow2'
        ? { ...each, bitmaps: seen([{ name, granularityBytes: 65_536, flags }]) }
        : each,
    ),
  };
}
