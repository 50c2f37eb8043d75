import type {
  StatusCopies,
  StatusDomain,
  StatusReport,
  StatusStore,
} from '../model/status-report.ts';
import type { Family } from './gauges.ts';

/** Of the look itself. */
export const hostFamilies: readonly Family<StatusReport>[] = [
  {
    name: 'observed_timestamp_seconds',
    help: 'When the host was looked at: what the other gauges are as of.',
    value: ({ at }) => at,
  },
  {
    name: 'unseen_parts',
    help: 'Parts of the host, stores among them, that could not be looked at: nothing is deleted there.',
    value: ({ unseen, stores }) =>
      unseen.length +
      stores.filter(({ failure, isUnused }) => failure !== null && isUnused !== true).length,
  },
];

/** Of each domain that libvirt, the policy or a store knows. */
export const domainFamilies: readonly Family<StatusDomain>[] = [
  {
    name: 'domain_fresh_timestamp_seconds',
    help: 'Instant of the newest valid point, or of the look that proved that nothing had changed since.',
    value: ({ freshAt }) => freshAt,
  },
  {
    name: 'domain_rpo_seconds',
    help: 'How old the newest point may be, by the policy.',
    value: ({ rpoSeconds }) => rpoSeconds,
  },
  {
    name: 'domain_rpo_missed',
    help: '1: the newest point is older than the policy allows. No sample without an rpo, or when it could not be told.',
    value: ({ rpo }) => (rpo === 'met' || rpo === 'missed' ? rpo === 'missed' : null),
  },
  {
    name: 'domain_next_due_timestamp_seconds',
    help: 'When the next point is due.',
    value: ({ nextDueAt }) => nextDueAt,
  },
  {
    name: 'domain_points',
    help: 'Valid restore points in all stores.',
    value: ({ points }) => points,
  },
  {
    name: 'domain_faulty_points',
    help: 'Points that are damaged or stand on one that is: they count for nothing.',
    value: ({ faulty }) => Object.values(faulty).reduce((sum, count) => sum + count, 0),
  },
  {
    name: 'domain_bytes',
    help: 'Bytes of all points in all stores.',
    value: ({ bytes }) => bytes,
  },
  {
    name: 'domain_uncovered',
    help: '1: the domain is defined and no rule of the policy covers or ignores it.',
    value: ({ verdict }) => verdict === 'unmanaged',
  },
];

/** Of each domain whose points the policy has checked or booted. */
export const proofFamilies: readonly Family<StatusDomain>[] = [
  {
    name: 'domain_checks_overdue_points',
    help: 'Points whose check is longer ago than the policy allows, and those never checked.',
    value: ({ checks }) => checks?.overdue ?? null,
  },
  {
    name: 'domain_oldest_check_timestamp_seconds',
    help: 'The check that is longest ago. No sample: no point was ever checked.',
    value: ({ checks }) => checks?.oldestAt ?? null,
  },
  {
    name: 'domain_booted_timestamp_seconds',
    help: 'When a drill last booted a point and got its answer.',
    value: ({ drill }) => drill?.drill?.passed?.at ?? null,
  },
  {
    name: 'domain_boot_seconds',
    help: 'How long that took, from the start of the machine to the answer.',
    value: ({ drill }) => drill?.drill?.passed?.usableSeconds ?? null,
  },
  {
    name: 'domain_drill_failed',
    help: '1: the newest drill failed. No sample: there was none.',
    value: ({ drill }) =>
      drill === undefined || drill.drill === null ? null : drill.drill.last.result === 'failed',
  },
];

/** Of each domain at each mirror that its rule names. */
export const copyFamilies: readonly Family<StatusCopies>[] = [
  {
    name: 'domain_copy_timestamp_seconds',
    help: 'Instant of the newest valid copy at the mirror.',
    value: ({ newestAt }) => newestAt,
  },
  {
    name: 'domain_copy_behind_points',
    help: 'Valid points here that are newer than the newest copy at the mirror.',
    value: ({ behind }) => behind?.points ?? null,
  },
  {
    name: 'domain_copy_behind_bytes',
    help: 'Their bytes.',
    value: ({ behind }) => behind?.bytes ?? null,
  },
  {
    name: 'domain_copy_faulty_points',
    help: 'Copies that are not valid: they count for nothing there.',
    value: ({ failure, faulty }) => (failure === null ? (faulty ?? 0) : null),
  },
  {
    name: 'domain_copy_checks_overdue_points',
    help: 'Copies whose check is longer ago than the policy allows, and those never checked.',
    value: ({ checks }) => checks?.overdue ?? null,
  },
  {
    name: 'domain_copy_oldest_check_timestamp_seconds',
    help: 'The check of a copy that is longest ago. No sample: none was ever checked.',
    value: ({ checks }) => checks?.oldestAt ?? null,
  },
  {
    name: 'domain_copy_seen',
    help: '0: the mirror could not be looked at.',
    value: ({ failure }) => failure === null,
  },
];

/** Of each store of the policy. */
export const storeFamilies: readonly Family<StatusStore>[] = [
  {
    name: 'store_seen',
    help: '0: the store could not be looked at.',
    value: ({ failure }) => failure === null,
  },
  {
    name: 'store_free_bytes',
    help: 'Free space of its file system.',
    value: ({ freeBytes }) => freeBytes,
  },
  {
    name: 'store_size_bytes',
    help: 'Size of its file system.',
    value: ({ totalBytes }) => totalBytes,
  },
  {
    name: 'store_reserve_bytes',
    help: 'What backups leave free, by the policy.',
    value: ({ reserveBytes }) => reserveBytes,
  },
  {
    name: 'store_full_timestamp_seconds',
    help: 'When nothing is left but the reserve, if it goes on as it did. No sample: not within a year, or not known yet.',
    value: ({ forecast }) => forecast?.fillsAt ?? null,
  },
  { name: 'store_points', help: 'Valid points in it.', value: ({ points }) => points },
  { name: 'store_point_bytes', help: 'Their bytes.', value: ({ bytes }) => bytes },
  {
    name: 'store_trash_bytes',
    help: 'Bytes of what was deleted and not yet removed for good.',
    value: ({ trashBytes }) => trashBytes,
  },
];
