import { closeSync, constants, openSync, statSync, statfsSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { blockDeviceBytes } from '../hypervisor/libvirt/block-device.ts';
import type { DomainUuid } from '../model/identity.ts';
import type { ObservedDomain, ObservedState } from '../model/observed.ts';
import type { RestoreFirmware } from '../model/restore-action.ts';
import type { PathFact } from '../planner/restore-paths.ts';
import {
  safeFileName,
  type PlacedManifest,
  type RestoreRequest,
} from '../planner/restore-targets.ts';

/** What is at a path now, how much room its file system has, and which domain uses it. */
export async function pathFact(path: string, observed: ObservedState): Promise<PathFact> {
  const stat = statOf(path);
  const kind =
    stat === undefined
      ? 'absent'
      : stat.isFile()
        ? 'file'
        : stat.isBlockDevice()
          ? 'block'
          : 'other';
  return {
    kind,
    fileSystem: kind === 'block' ? null : fileSystemOf(path),
    usedBy: userOf(path, observed),
    device:
      stat === undefined || kind !== 'block'
        ? null
        : { sizeBytes: await blockDeviceBytes(BigInt(stat.rdev)), isClaimed: isClaimed(path) },
  };
}

/** Whether this host itself holds the device: the kernel lets one holder only open it so (open(2), O_EXCL). */
function isClaimed(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_EXCL));
    return false;
  } catch (error) {
    // Whatever else is wrong with it, the write will say.
    return error instanceof Error && 'code' in error && error.code === 'EBUSY';
  }
}

/** What is at a path; nothing, too, where a file stands in its way: making the directory will say so. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Of the nearest directory that exists: the others are made by the restore. */
function fileSystemOf(path: string): PathFact['fileSystem'] {
  let directory = dirname(path);
  while (directory !== '/' && statOf(directory) === undefined) {
    directory = dirname(directory);
  }
  const { bavail, bsize } = statfsSync(directory);
  return { id: String(statSync(directory).dev), freeBytes: bavail * bsize };
}

function userOf(path: string, observed: ObservedState): string | null {
  if (!observed.hypervisor.seen) return null;
  const device = deviceOf(path);
  // One device has many names: /dev/vg/name, /dev/dm-3, those by id.
  const isSame = (other: string): boolean =>
    other === path || (device !== null && deviceOf(other) === device);
  const uses = ({ disks, nvram }: ObservedDomain): boolean =>
    nvram === path ||
    disks.some(
      ({ images }) => images.seen && images.value.some(({ identity }) => isSame(identity.path)),
    );
  return observed.hypervisor.value.domains.find(uses)?.name ?? null;
}

/** The number of a block device; null of anything else. */
function deviceOf(path: string): number | null {
  const stat = path.startsWith('/') ? statOf(path) : undefined;
  return stat?.isBlockDevice() === true ? stat.rdev : null;
}

// libvirt's own places (qemu.conf, formatdomain): where it would make them itself.
const nvramDirectory = '/var/lib/libvirt/qemu/nvram';
const tpmDirectory = '/var/lib/libvirt/swtpm';

/** Where UEFI variables and TPM state of a point go; images alone take neither along. */
export function firmwareOf(
  newest: PlacedManifest,
  request: RestoreRequest,
  current: ObservedDomain | null,
  uuid: DomainUuid,
  stamp: string,
): readonly RestoreFirmware[] {
  if (request.mode === 'images-only' || (request.mode === 'in-place' && request.disks !== null)) {
    return [];
  }
  const { manifest, path } = newest;
  const name = safeFileName(request.as ?? manifest.domain.name);
  const inPlace = request.mode === 'in-place' ? current : null;
  const places = {
    'nvram.fd': {
      kind: 'nvram',
      to: inPlace?.nvram ?? `${request.to ?? nvramDirectory}/${name}_VARS.fd`,
    },
    'tpm.tar': { kind: 'tpm', to: `${tpmDirectory}/${uuid}` },
  } as const;
  return manifest.files.flatMap(({ file, sha256 }): readonly RestoreFirmware[] => {
    if (file !== 'nvram.fd' && file !== 'tpm.tar') return [];
    const { kind, to } = places[file];
    const exists = statSync(to, { throwIfNoEntry: false }) !== undefined;
    const asideAs = exists ? `${to}.before-restore-${stamp}` : null;
    return [{ kind, from: `${path}/${file}`, sha256, to, asideAs }];
  });
}
