import type { Action } from './action.ts';
import type { DrillRecord } from './drill.ts';
import type { Outcome } from './event.ts';
import type { ChainId, DomainUuid, PointId, RunId, StoreId } from './identity.ts';
import type { Instant } from './instant.ts';
import type { PointFault } from './observed-store.ts';
import type { Level, Quiesce } from './point.ts';
import type { CheckedCommit, CommitInForce, SourceRefusal, SourceReset } from './policy-source.ts';
import type { CopiesAge, ReportBase } from './report-base.ts';
import type { Failure } from './result.ts';
import type { Depth } from './verification.ts';

/** A hold that forbids deleting a point: set on it, or on its whole chain. */
export interface PointHold {
  readonly on: 'chain' | 'point';
  readonly who: string;
  readonly at: Instant;
  readonly reason: string;
}

/** One restore point, of `points`. */
export interface PointRow {
  /** `domain/NAME/CHAIN/SEQ`, on a mirror `MIRROR:domain/…`. */
  readonly address: string;
  readonly uuid: DomainUuid;
  readonly name: string;
  /** Name of the store or mirror. */
  readonly store: string;
  readonly chain: ChainId;
  readonly point: PointId;
  readonly sequence: number;
  readonly level: Level;
  readonly frozenAt: Instant;
  readonly bytes: number;
  /** null when the manifest was not read. */
  readonly quiesce: Quiesce | null;
  /** Words of the rules that keep it; empty: kept by no rule. null: no policy was at hand. */
  readonly keptBy: readonly string[] | null;
  /** The point or its chain carries a hold. */
  readonly held: boolean;
  /** Who holds it and why, the chain's hold first; without those that could not be read. */
  readonly holds: readonly PointHold[];
  /** When its hashes were last compared with the manifest; null: never, or not known. */
  readonly checkedAt: Instant | null;
  /** How its last drill ended; left out where it was never booted, or that was not read. */
  readonly drill?: DrillRecord;
  readonly fault: PointFault | null;
  readonly note: string | null;
}

/** Result of `points`: rows in any order, the reporter groups them. */
export interface PointsReport extends ReportBase {
  readonly points: readonly PointRow[];
}

/** One run, of `history`. */
export interface HistoryRun {
  readonly run: RunId;
  readonly purpose: string;
  readonly plan: string;
  readonly startedAt: Instant;
  /** null: it never ended, its process is gone or still at work. */
  readonly finishedAt: Instant | null;
  /** True: a living process works on it. */
  readonly running: boolean;
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  readonly interrupted: boolean;
  readonly converged: boolean | null;
  /** In the order in which they began. */
  readonly actions: readonly {
    readonly id: string;
    readonly what: Action['kind'];
    readonly address: string;
    /** null: it had begun when the run died. */
    readonly outcome: Outcome | null;
  }[];
}

/** Result of `history`. */
export interface HistoryReport extends ReportBase {
  /** Newest first. */
  readonly runs: readonly HistoryRun[];
  /** When somebody said from which commit on the policy's branch is followed; newest first. */
  readonly sourceResets?: readonly SourceReset[];
}

/** Result of `verify-source`, and of `source reset`. */
export interface SourceReport extends ReportBase {
  readonly url: string;
  readonly branch: string;
  readonly path: string;
  /** null: no commit could be followed yet. */
  readonly inForce: CommitInForce | null;
  /** It came into force just now. */
  readonly changed: boolean;
  /** Every commit that was checked, oldest first. */
  readonly commits: readonly CheckedCommit[];
  /** Why the newest commit is not followed, and since when. */
  readonly refused: { readonly at: Instant; readonly refusal: SourceRefusal } | null;
  /** Why the branch could not be looked at. */
  readonly failure: Failure | null;
  /** The last look that succeeded. */
  readonly fetchedAt: Instant | null;
}

/** One thing that `doctor` looked at. */
export interface DoctorFinding {
  readonly severity: 'ok' | 'warning' | 'error';
  /** Stable, kebab-case: `libvirt-version`, `scratch-reachable`. */
  readonly code: string;
  /** `host`, `libvirt`, `store/NAME`, `scratch`, an address. */
  readonly subject: string;
  /** One sentence: what was found. */
  readonly message: string;
  /** What to do about it; null when there is nothing to do. */
  readonly remedy: string | null;
}

/** Result of `doctor`. */
export interface DoctorReport extends ReportBase {
  readonly findings: readonly DoctorFinding[];
}

/** One chain in the trash. */
export interface TrashItem {
  /** `domain/NAME/CHAIN`, where it came from. */
  readonly address: string;
  readonly uuid: DomainUuid;
  readonly name: string;
  readonly store: string;
  readonly run: RunId;
  /** Path below the store. */
  readonly path: string;
  readonly chain: ChainId;
  readonly points: number;
  readonly bytes: number;
  readonly trashedAt: Instant;
  /** When a plan may remove it for good; null without a policy. */
  readonly purgeAfter: Instant | null;
}

/** Result of `trash list`. */
export interface TrashReport extends ReportBase {
  readonly items: readonly TrashItem[];
}

/** One point that was checked. */
export interface VerifiedPoint {
  readonly address: string;
  readonly chain: ChainId;
  readonly point: PointId;
  readonly frozenAt: Instant;
  readonly result: 'sound' | 'faulty' | 'unseen';
  /** Why it is faulty or was not seen; empty for a sound one. */
  readonly failures: readonly Failure[];
  readonly bytes: number;
}

/** Result of `verify`. */
export interface VerifyReport extends ReportBase {
  /** `structure`: manifest, files, sizes, qemu-img check. `hash`: every byte as well. */
  readonly depth: Depth;
  readonly points: readonly VerifiedPoint[];
  readonly seconds: number;
}

/** One domain's copies of one store at a mirror. */
export interface MirrorDomain extends CopiesAge {
  readonly uuid: DomainUuid;
  readonly name: string;
  readonly chains: number;
  /** Valid points. */
  readonly points: number;
  readonly faulty: number;
  /** Of all points that are there. */
  readonly bytes: number;
  /** A point or a chain of it is held there. */
  readonly held: boolean;
  /** Points whose copy was begun and not finished. */
  readonly partial: number;
  /** Points that were deleted there and not yet purged. */
  readonly deleted: number;
}

/** The copies of one store at a mirror. */
export interface MirrorStore {
  readonly id: StoreId;
  /** Its name in the policy; null for one of another host, or of nobody. */
  readonly name: string | null;
  /** Why its copies were not seen; null when they were. */
  readonly failure: Failure | null;
  readonly domains: readonly MirrorDomain[];
}

/** One mirror, of `mirror list`. */
export interface MirrorItem {
  readonly name: string;
  readonly target: string;
  /** Why nothing of it could be seen; null when it could. */
  readonly failure: Failure | null;
  readonly freeBytes: number | null;
  readonly stores: readonly MirrorStore[];
}

/** Result of `mirror list`. */
export interface MirrorsReport extends ReportBase {
  readonly mirrors: readonly MirrorItem[];
}
