import type { DrillMemory } from './drill.ts';
import type { ChainId, CheckpointName, DomainUuid, PointId, RunId, StoreId } from './identity.ts';
import type { Instant } from './instant.ts';
import type { LastLook, Level, SourceIdentity } from './point.ts';
import type { Failure } from './result.ts';
import type { CheckedTimes } from './verification.ts';

/** Why a point is not valid. `parent-faulty` follows from another's fault. */
export type PointFault =
  | 'manifest-missing'
  | 'manifest-unreadable'
  | 'manifest-newer'
  | 'manifest-misplaced'
  | 'file-missing'
  | 'file-size'
  | 'parent-missing'
  | 'parent-faulty'
  | 'quarantined';

/** One restore point: no more than the planner reads, for there may be a million. */
export interface ObservedPoint {
  readonly id: PointId;
  readonly sequence: number;
  readonly level: Level;
  /** The instant that its images show. Of a faulty point: the one in its directory's name. */
  readonly at: Instant;
  /** Bytes of all its files. */
  readonly bytes: number;
  /** Only when there is one. */
  readonly fault?: PointFault;
  /** Only when held. */
  readonly held?: true;
  /** Only when a check ever found it sound. */
  readonly checked?: CheckedTimes;
  /** Only of a point in quarantine, where that is known: its files that are not what the manifest says. */
  readonly damaged?: readonly string[];
}

export interface ObservedChain {
  readonly id: ChainId;
  readonly held: boolean;
  /** Why nothing may be added to it; null while it is open. */
  readonly closed: 'restored' | 'untracked' | null;
  /** By sequence. */
  readonly points: readonly ObservedPoint[];
}

/** Of the newest valid point: what the next increment builds on. */
export interface ObservedTip {
  readonly chain: ChainId;
  readonly point: PointId;
  /** Directory of the point below its chain. */
  readonly directory: string;
  readonly checkpoint: CheckpointName | null;
  readonly definitionDigest: string;
  readonly disks: readonly {
    readonly target: string;
    readonly file: string;
    readonly source: SourceIdentity;
    readonly sizeBytes: number;
    readonly tracked: boolean;
  }[];
}

/** An `.incoming-` directory: being written, or left by a run that died. Never a point. */
export interface ObservedIncoming {
  /** Path below the store. */
  readonly path: string;
  readonly chain: ChainId;
  readonly point: PointId | null;
  readonly bytes: number;
  /** A living process holds the domain's lock. */
  readonly busy: boolean;
}

/** One domain's directory in a store. */
export interface ObservedDirectory {
  /** Name below `domains/`. */
  readonly directory: string;
  readonly uuid: DomainUuid;
  /** The name in the newest readable manifest. */
  readonly name: string;
  /** Oldest first. */
  readonly chains: readonly ObservedChain[];
  readonly tip: ObservedTip | null;
  readonly incoming: readonly ObservedIncoming[];
  readonly lastLook: LastLook | null;
  /** Only when a point of it was booted once. */
  readonly drills?: DrillMemory;
}

/** Something in the trash: a chain that a plan deleted, still restorable. */
export interface ObservedTrash {
  /** The run that moved it, and its path below the store. */
  readonly run: RunId;
  readonly path: string;
  readonly uuid: DomainUuid;
  readonly name: string;
  readonly chain: ChainId;
  readonly points: number;
  readonly bytes: number;
  readonly trashedAt: Instant;
  /** Only when held: somebody began to put it back, and the run died. A purge refuses. */
  readonly held?: true;
}

/** `.state/last.json`: what guards compare with. */
export interface StoreMemory {
  readonly formatVersion: 1;
  readonly at: Instant;
  readonly policyDigest: string;
  readonly commit: string | null;
  readonly bootId: string;
  readonly bootClockSeconds: number;
  /** st_dev and mount source of the store then: another one now is another disk (G152). */
  readonly mount: { readonly device: number; readonly source: string };
  /** Valid points by domain uuid. */
  readonly points: Readonly<Record<string, number>>;
  /** Retention in force by domain uuid, for G210; digest-free so that "reduced" can be told. */
  readonly retention: Readonly<Record<string, RetentionMemory>>;
  /** Chains that the retention in force then already doomed, by domain uuid (G201 does not count them). */
  readonly doomed: Readonly<Record<string, readonly ChainId[]>>;
  /** The policy's text then, for the diff that a plan shows. */
  readonly policyText: string | null;
  /** Used space at earlier applies, one a day, oldest first: what the forecast is drawn through. */
  readonly space?: readonly SpaceSample[];
  /** What each mirror held of this store, by the mirror's name; only when one was seen. */
  readonly mirrors?: Readonly<Record<string, MirrorMemory>>;
}

/** How much of a store's file system was in use, whoever used it. */
export interface SpaceSample {
  readonly at: Instant;
  readonly usedBytes: number;
}

/** What guards compare a mirror's copies of one store with. */
export interface MirrorMemory {
  /** Valid points there by domain uuid. */
  readonly points: Readonly<Record<string, number>>;
  /** The mirror's own retention in force, by domain uuid. */
  readonly retention: Readonly<Record<string, RetentionMemory>>;
  /** Chains there that it already doomed, by domain uuid. */
  readonly doomed: Readonly<Record<string, readonly ChainId[]>>;
}

/** The numbers of a retention; a missing one keeps nothing by that rule. `keep` null keeps everything. */
export interface RetentionMemory {
  readonly maxPoints: number;
  readonly minPoints: number;
  readonly keep: Readonly<Record<string, number>> | null;
}

/** A store that carries our marker. */
export interface ReadyStore {
  readonly kind: 'ready';
  readonly id: StoreId;
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Only where files may share blocks or are compressed (btrfs, XFS, ZFS, a network share): what a purge frees is less then. */
  readonly sharesBlocks?: true;
  readonly mount: { readonly device: number; readonly source: string };
  /** The last write test: false on a read-only file system. */
  readonly writable: boolean;
  readonly directories: readonly ObservedDirectory[];
  /** Directories or files that we cannot read as ours, each with the reason; a fault here withholds deletions. */
  readonly unreadable: readonly {
    readonly path: string;
    readonly code: string;
    readonly message: string;
  }[];
  /** What is in the store and not ours: reported, never touched. */
  readonly foreign: readonly string[];
  readonly trash: readonly ObservedTrash[];
  readonly memory: StoreMemory | null;
  /** Id that this host knew at this path, from its own state directory; null the first time. */
  readonly knownId: StoreId | null;
}

export interface ObservedStore {
  readonly name: string;
  readonly path: string;
  readonly state:
    | ReadyStore
    /** An empty directory without a marker: a store can be made here, unless the host knew one. */
    | {
        readonly kind: 'blank';
        readonly freeBytes: number;
        readonly totalBytes: number;
        readonly mount: { readonly device: number; readonly source: string };
        readonly knownId: StoreId | null;
      }
    | { readonly kind: 'unseen'; readonly failure: Failure };
}
