import { includedDisks } from './disks.ts';
import type { DomainSituation } from './planning.ts';

/**
 * Whether a domain has no tracker at all, so that each of its points is a full
 * and a chain of one: only raw disks, or `tracker: never`. Of a domain that is
 * not to be seen, its newest point tells.
 */
export function rawOnly({ observed, desired, directory }: DomainSituation): boolean {
  if (desired === null) return false;
  if (desired.tracker === 'never') return true;
  if (observed === null) {
    const tip = directory?.tip ?? null;
    return tip !== null && tip.disks.every((disk) => !disk.tracked);
  }
  const { included } = includedDisks(observed, desired);
  return included.length > 0 && included.every((disk) => disk.format !== 'qcow2');
}
