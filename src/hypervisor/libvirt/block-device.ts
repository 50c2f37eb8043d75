import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Names of block devices that survive a reboot, by device number. */
export type StableIds = ReadonlyMap<number, string>;

const directory = '/dev/disk/by-id';

// A device has several names: the ones first that say the medium, not the slot.
const preferred = [/^wwn-/, /^dm-uuid-/, /^nvme-/, /^scsi-/, /^virtio-/, /^/];

const rank = (name: string): number => preferred.findIndex((form) => form.test(name));

/** Reads /dev/disk/by-id; empty where udev keeps none (a container). */
export async function readStableIds(): Promise<StableIds> {
  const names = await readdir(directory).catch(() => []);
  const ids = new Map<number, string>();
  for (const name of names.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))) {
    const found = await stat(join(directory, name)).catch(() => null);
    if (found?.isBlockDevice() === true && !ids.has(found.rdev)) ids.set(found.rdev, name);
  }
  return ids;
}

/** Bytes of a block device by sysfs; null if the kernel does not say. */
export async function blockDeviceBytes(rdev: bigint): Promise<number | null> {
  // The kernel's split of a device number, as in makedev(3).
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
  const text = await readFile(`/sys/dev/block/${major}:${minor}/size`, 'utf8').catch(() => '');
  // sysfs counts in 512-byte sectors, whatever the device's own sector is.
  return /^\d+\n?$/.test(text) ? Number(text) * 512 : null;
}
