import type { DomainUuid } from './identity.ts';
import type { Instant } from './instant.ts';
import type { DomainVerdict, Plan } from './plan.ts';
import type { Level } from './point.ts';

/** What `simulate` prints: plain JSON, schema simulation.v1. Bytes and seconds are whole numbers, instants UTC. */
export interface SimulationReport {
  readonly formatVersion: 1;
  readonly policy: Pick<Plan['policy'], 'file' | 'digest' | 'branch' | 'commit'>;
  /** Zone in which days begin and people read times. */
  readonly timezone: string;
  /** The host that was observed; null when it began from nothing. */
  readonly host: string | null;
  readonly from: 'observed' | 'nothing';
  readonly startAt: Instant;
  /** Exclusive. */
  readonly endAt: Instant;
  readonly assumptions: SimulationAssumptions;
  readonly totals: SimulationTotals;
  readonly stores: readonly SimulatedStore[];
  /** In the order of the policy; none where the policy names none. */
  readonly mirrors: readonly SimulatedMirror[];
  /** By name. */
  readonly domains: readonly SimulatedDomain[];
  /** One entry a calendar day, the first and the last may be parts of one. */
  readonly days: readonly SimulatedDay[];
  readonly clockChanges: readonly ClockChange[];
  readonly guards: readonly SimulatedGuard[];
  /** What was left out of the model, a sentence each. */
  readonly remarks: readonly string[];
  /** Every backup and deletion, in the order of time; null unless it was asked for. */
  readonly events: readonly SimulatedEvent[] | null;
}

/** What nobody knows and the model supposes. */
export interface SimulationAssumptions {
  /** Growth of every disk in a year, as a share: 0.1 is 10 %. */
  readonly growthPerYear: number;
  /** Data of each disk of a domain that was not observed; null when all were. */
  readonly diskBytes: number | null;
  /** Domains that stand for each pattern of the policy; null when domains were observed. */
  readonly perPattern: number | null;
  /** A schedule has jitter, which is left out. */
  readonly jitterLeftOut: boolean;
}

/** Sums over the whole time and all domains. */
export interface SimulationTotals {
  readonly fulls: number;
  readonly increments: number;
  readonly writtenBytes: number;
  /** Chains that go to the trash, and the points in them. */
  readonly deletedChains: number;
  readonly deletedPoints: number;
  /** Bytes that leave the trash for good. */
  readonly freedBytes: number;
  readonly peakBytes: number;
  readonly peakAt: Instant;
  /** At the end: points, their bytes, and what is still in the trash. */
  readonly points: number;
  readonly pointBytes: number;
  readonly trashBytes: number;
}

/** What a store has to hold. */
export interface SimulatedStore {
  readonly name: string;
  readonly path: string;
  readonly peakBytes: number;
  readonly peakAt: Instant;
  readonly endBytes: number;
  /** What may be added before the reserve is touched; null when the store was not observed. */
  readonly roomBytes: number | null;
  /** When that is used up; null if it never is, or is not known. */
  readonly fullAt: Instant | null;
}

/** What a mirror has to hold, its own retention applied to its own copies. */
export interface SimulatedMirror {
  readonly name: string;
  readonly target: string;
  /** `never`: nothing goes there, whatever its retention says. */
  readonly deletes: 'allowed' | 'never';
  /** Points that travel, and their bytes. */
  readonly copiedPoints: number;
  readonly copiedBytes: number;
  /** Chains that are deleted there, and the copies in them. */
  readonly deletedChains: number;
  readonly deletedPoints: number;
  /** Bytes of deleted copies that are removed for good. */
  readonly freedBytes: number;
  readonly peakBytes: number;
  readonly peakAt: Instant;
  /** At the end: copies, their bytes, and those of deleted ones that are still there. */
  readonly points: number;
  readonly pointBytes: number;
  readonly trashBytes: number;
  /** As the report's own days; fulls and increments are those that were copied. */
  readonly days: readonly SimulatedDay[];
}

/** What becomes of one domain. */
export interface SimulatedDomain {
  readonly uuid: DomainUuid;
  readonly name: string;
  readonly store: string;
  readonly schedule: string;
  readonly retention: string;
  readonly place: { readonly file: string; readonly line: number };
  /** Data of its disks at the start. */
  readonly dataBytes: number;
  /** Share of it that changes in a day, and who says so. */
  readonly changePerDay: number;
  readonly changeFrom: 'option' | 'history' | 'assumed';
  readonly fulls: number;
  readonly increments: number;
  readonly writtenBytes: number;
  readonly deletedChains: number;
  readonly deletedPoints: number;
  /** Of its points and its trash together. */
  readonly peakBytes: number;
  readonly peakAt: Instant;
  /**
   * The longest time between two neighbouring points, or from the last one to
   * the end: what is lost if the disks die just before the next one. null: there
   * is no point, or the domain is off and has not changed since its newest one.
   */
  readonly worstGap: {
    readonly seconds: number;
    readonly from: Instant;
    readonly to: Instant;
  } | null;
  readonly rpoSeconds: number | null;
  readonly rpo: 'met' | 'missed' | 'none';
  /** How its last plan ended, with codes: tells why no points come, where none do. */
  readonly verdict: DomainVerdict['verdict'];
  readonly reasons: readonly string[];
  /** What remains at the end, oldest first. */
  readonly chains: readonly SimulatedChain[];
  readonly trashBytes: number;
}

/** A chain that is there at the end. */
export interface SimulatedChain {
  readonly beganAt: Instant;
  readonly endedAt: Instant;
  readonly points: number;
  readonly bytes: number;
  /** Words of the rules that keep any point in it. */
  readonly keptBy: readonly string[];
}

/** One calendar day. */
export interface SimulatedDay {
  /** `2026-11-22`, in the report's zone. */
  readonly date: string;
  readonly fulls: number;
  readonly increments: number;
  readonly writtenBytes: number;
  readonly deletedChains: number;
  readonly deletedPoints: number;
  readonly freedBytes: number;
  /** The most that points and trash fill at any time of the day. */
  readonly peakBytes: number;
  /** At the end of the day: points that can be restored, their bytes, the bytes in the trash. */
  readonly points: number;
  readonly pointBytes: number;
  readonly trashBytes: number;
}

/** A night in which a zone's clocks are moved. */
export interface ClockChange {
  readonly at: Instant;
  readonly timezone: string;
  /** Seconds by which the clocks go forward; negative: back. */
  readonly shiftSeconds: number;
  readonly schedules: readonly {
    readonly name: string;
    readonly cron: string;
    /**
     * none: no time of it is skipped or doubled. late: skipped, and due when the
     * gap ends. elapsed: skipped, and due as if the clocks had not moved. first:
     * doubled, and due the first time only. each: doubled, and due both times.
     */
    readonly effect: 'none' | 'late' | 'elapsed' | 'first' | 'each';
    /** The local times that are skipped or doubled: `02:30`. */
    readonly times: readonly string[];
  }[];
}

/** A guard that speaks of deletions on the way. */
export interface SimulatedGuard {
  readonly code: string;
  /** allowed: it asks, and the simulation takes a yes for granted. blocked: the chains stay. */
  readonly effect: 'allowed' | 'blocked';
  /** Addresses, or `host`, `store/NAME`. */
  readonly scopes: readonly string[];
  readonly firstAt: Instant;
  /** In how many plans, and the most chains of one of them. */
  readonly plans: number;
  readonly chains: number;
}

/** A backup, a copy, a deletion, or the end of something in the trash. */
export interface SimulatedEvent {
  readonly at: Instant;
  readonly name: string;
  readonly uuid: DomainUuid;
  readonly store: string;
  /** Where it happens; null for the store. */
  readonly mirror: string | null;
  readonly kind: 'backup' | 'copy' | 'trash' | 'purge';
  /** Of a backup. */
  readonly level: Level | null;
  readonly bytes: number;
  /** Of a deletion: when the chain began, and its points. */
  readonly chainBeganAt: Instant | null;
  readonly points: number | null;
  /** Codes of the reasons of a backup. */
  readonly why: readonly string[];
}

/** What two policies differ in, over the same time. */
export interface SimulationComparison {
  readonly formatVersion: 1;
  readonly this: SimulationReport;
  readonly other: SimulationReport;
  readonly totals: readonly SimulationDifference[];
  /** Mirrors that differ. */
  readonly mirrors: readonly {
    readonly name: string;
    readonly differences: readonly SimulationDifference[];
  }[];
  /** Domains that differ; one that only one of the policies backs up has no value on the other side. */
  readonly domains: readonly {
    readonly uuid: DomainUuid;
    readonly name: string;
    readonly differences: readonly SimulationDifference[];
  }[];
}

/** One figure that differs. */
export interface SimulationDifference {
  readonly figure:
    | 'backups'
    | 'fulls'
    | 'points'
    | 'peakBytes'
    | 'endBytes'
    | 'writtenBytes'
    | 'worstGapSeconds'
    | 'deletedChains'
    | 'deletedPoints';
  /** null: not backed up. */
  readonly this: number | null;
  readonly other: number | null;
}
