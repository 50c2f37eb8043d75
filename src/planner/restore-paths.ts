import type { RestoreFirmware } from '../model/restore-action.ts';
import type { Failure } from '../model/result.ts';
import type { RestoreRequest, RestoreTarget } from './restore-targets.ts';

/** What is at a path that a restore would write. */
export interface PathFact {
  readonly kind: 'absent' | 'file' | 'block' | 'other';
  /** Its file system and the free space there; null for a device. */
  readonly fileSystem: { readonly id: string; readonly freeBytes: number } | null;
  /** A defined domain that uses the path, itself or as a backing file of another image. */
  readonly usedBy: string | null;
  /** Of a block device: its bytes (null: the kernel does not say), and whether this host has it in use itself (mounted, part of a volume group). */
  readonly device: { readonly sizeBytes: number | null; readonly isClaimed: boolean } | null;
}

/** What is written where, and what is there now. */
export interface RestorePaths {
  readonly request: RestoreRequest;
  readonly targets: readonly RestoreTarget[];
  readonly firmware: readonly RestoreFirmware[];
  /** By path of a target, and of firmware. */
  readonly paths: Readonly<Record<string, PathFact>>;
}

/**
 * Refuses to overwrite what exists, except in place, where it is set aside;
 * devices only when that is asked for. `own` is the name that the domain has today.
 */
export function refusePaths(given: RestorePaths, own: string | null): Failure | null {
  const { request, targets, firmware, paths } = given;
  const inPlace = request.mode === 'in-place';
  for (const { to } of [...targets, ...firmware]) {
    const fact = paths[to];
    if (fact === undefined) return { code: 'path-unseen', message: `${to} was not looked at` };
    if (fact.usedBy !== null && !(inPlace && fact.usedBy === own)) {
      return {
        code: 'path-used',
        message: `${to} belongs to the domain ${fact.usedBy}: choose another place with --to DIR`,
      };
    }
  }
  for (const target of targets) {
    const fact = paths[target.to];
    const refusal = fact === undefined ? null : refuseTarget(target, fact, request);
    if (refusal !== null) return refusal;
  }
  if (request.keepDir !== null && targets.every(({ toKind }) => toKind === 'file')) {
    return {
      code: 'keep-alone',
      message:
        '--keep goes with block devices, and this restore writes none: leave it out (in place, old image files are kept beside the new ones)',
    };
  }
  return refuseSpace(given);
}

function refuseTarget(
  target: RestoreTarget,
  fact: PathFact,
  request: RestoreRequest,
): Failure | null {
  const { to, toKind } = target;
  if (!to.startsWith('/')) {
    return {
      code: 'network-disk',
      message: `${target.target} was on the network disk ${to}, which is not written: --to DIR makes a file of it`,
    };
  }
  if (toKind === 'block') return refuseDevice(target, fact, request);
  if (fact.kind !== 'absent' && request.mode !== 'in-place') {
    return { code: 'path-exists', message: `${to} exists: choose another place with --to DIR` };
  }
  if (fact.kind === 'other' || fact.kind === 'block') {
    return { code: 'path-exists', message: `${to} is not a regular file` };
  }
  return null;
}

function refuseDevice(
  target: RestoreTarget,
  { kind, device }: PathFact,
  { overwriteDevice }: RestoreRequest,
): Failure | null {
  const { to } = target;
  if (!overwriteDevice) {
    return {
      code: 'device',
      message: `${target.target} goes to the device ${to}: --overwrite-device writes it (and --keep DIR copies the old content first), --to DIR makes files instead`,
    };
  }
  if (kind !== 'block' || device === null) {
    return { code: 'device-gone', message: `${to} is no block device: use --to DIR` };
  }
  if (device.isClaimed) {
    return {
      code: 'device-claimed',
      message: `This host itself uses ${to} (mounted, swap, or part of a volume group or RAID): end that first, or use --to DIR`,
    };
  }
  const needed = deviceBytes(target);
  if (device.sizeBytes !== null && device.sizeBytes < needed) {
    return {
      code: 'device-too-small',
      message: `${to} has ${device.sizeBytes} bytes, ${target.format === 'raw' ? '' : 'up to '}${needed} are needed: enlarge it, or use --to DIR`,
    };
  }
  return null;
}

/** What a disk takes on a device: of qcow2 an upper bound, all its clusters or all that the chain holds. */
function deviceBytes({ format, sizeBytes, layers }: RestoreTarget): number {
  if (format === 'raw') return sizeBytes;
  // A table entry of 8 bytes and a count of 2 for each cluster of 64 KiB; header and first tables fit into a MiB.
  const whole = sizeBytes + Math.ceil(sizeBytes / 8192) + Math.ceil(sizeBytes / 32_768) + 1024 ** 2;
  return Math.min(
    whole,
    layers.reduce((sum, { bytes }) => sum + bytes, 0),
  );
}

/** A restore that cannot fit is not begun: the images of the chain are an upper bound of what is written. */
function refuseSpace({ targets, paths }: RestorePaths): Failure | null {
  const needed = new Map<string, number>();
  for (const { to, layers } of targets) {
    const fileSystem = paths[to]?.fileSystem ?? null;
    if (fileSystem === null) continue;
    const bytes = layers.reduce((sum, layer) => sum + layer.bytes, needed.get(fileSystem.id) ?? 0);
    needed.set(fileSystem.id, bytes);
    if (bytes > fileSystem.freeBytes) {
      return {
        code: 'no-space',
        message: `The file system of ${to} has ${fileSystem.freeBytes} bytes free, up to ${bytes} are needed: free some, or use --to DIR`,
      };
    }
  }
  return null;
}
