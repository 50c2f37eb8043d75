import type { BackupDisk } from '../../model/backup-action.ts';
import type { DomainUuid } from '../../model/identity.ts';
import type { Level } from '../../model/point.ts';

/** How large the points of one domain are taken to be. */
export interface DomainSizes {
  /** Guest data of each disk at the start, in bytes, by target. */
  readonly disks: ReadonlyMap<string, number>;
  /** Share of a disk that changes in a day: 0.02 is 2 %. */
  readonly dailyChange: number;
}

/** What sizes are made of. */
export interface SizeModel {
  readonly startMs: number;
  /** Growth of every disk in a year, as a share of what it held at the start. */
  readonly yearlyGrowth: number;
  readonly domains: ReadonlyMap<DomainUuid, DomainSizes>;
}

/** Which disks a point holds, each whole or as what changed. */
export type DiskLevels = readonly Pick<BackupDisk, 'target' | 'level'>[];

const dayMs = 86_400_000;
// The mean year of the Gregorian calendar.
const yearMs = 365.2425 * dayMs;

/**
 * Bytes of a point: of a disk that is taken whole what it holds, else its daily
 * change times the days since the point before, and never more than the whole.
 */
export function pointBytes(
  model: SizeModel,
  uuid: DomainUuid,
  disks: DiskLevels,
  { atMs, beforeMs }: { readonly atMs: number; readonly beforeMs: number | null },
): number {
  const sizes = model.domains.get(uuid);
  if (sizes === undefined) throw new Error(`No sizes are known of ${uuid}`);
  const grown = 1 + (model.yearlyGrowth * (atMs - model.startMs)) / yearMs;
  const days = beforeMs === null ? Infinity : (atMs - beforeMs) / dayMs;
  let bytes = 0;
  for (const { target, level } of disks) {
    const whole = (sizes.disks.get(target) ?? 0) * grown;
    bytes += whole * shareOf(level, sizes.dailyChange * days);
  }
  return Math.round(bytes);
}

function shareOf(level: Level, changed: number): number {
  return level === 'full' ? 1 : Math.min(1, changed);
}
