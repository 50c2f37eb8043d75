import type { DesiredDomain } from '../model/desired.ts';
import type { ObservedDisk, ObservedDomain } from '../model/observed.ts';
import { byText } from './order.ts';

/** A disk that is left out of a point, and why. */
export interface ExcludedDisk {
  readonly target: string;
  readonly code:
    | 'excluded'
    | 'not-included'
    | 'cdrom'
    | 'floppy'
    | 'lun'
    | 'readonly'
    | 'transient'
    | 'shareable'
    | 'unsupported-kind';
}

/** The disks of a domain that a point holds, and those that it leaves out; both by target. */
export function includedDisks(
  domain: ObservedDomain,
  desired: DesiredDomain,
): { readonly included: readonly ObservedDisk[]; readonly excluded: readonly ExcludedDisk[] } {
  const included: ObservedDisk[] = [];
  const excluded: ExcludedDisk[] = [];
  for (const disk of domain.disks.toSorted((a, b) => byText(a.target, b.target))) {
    const code = exclusion(disk, desired);
    if (code === null) included.push(disk);
    else excluded.push({ target: disk.target, code });
  }
  return { included, excluded };
}

function exclusion(disk: ObservedDisk, { disks }: DesiredDomain): ExcludedDisk['code'] | null {
  if (disk.device === 'cdrom' || disk.device === 'floppy') return disk.device;
  if (disks.exclude.includes(disk.target)) return 'excluded';
  if (disks.include !== null && !disks.include.includes(disk.target)) return 'not-included';
  if (disk.readonly) return 'readonly';
  if (disk.transient) return 'transient';
  // Others write to it too: no freeze and no bitmap of this guest covers that.
  if (disk.shareable) return 'shareable';
  // The guest's SCSI commands go past QEMU's block layer, and so past its copy-before-write.
  if (disk.device === 'lun') return 'lun';
  return disk.kind === 'other' ? 'unsupported-kind' : null;
}

/** The exclusions that nobody asked for and that leave data without a backup: worth a warning. */
export const surprisingExclusions: ReadonlySet<ExcludedDisk['code']> = new Set([
  'lun',
  'transient',
  'shareable',
  'unsupported-kind',
]);
