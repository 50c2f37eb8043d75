import type { Action, Reason } from './action.ts';
import type { AgentMode, Suspension } from './agent.ts';
import type { DrillMemory, DrillRecord } from './drill.ts';
import type { Outcome } from './event.ts';
import type { ChainId, DomainUuid, PointId, RunId, StoreId } from './identity.ts';
import type { Instant } from './instant.ts';
import type { PointFault } from './observed-store.ts';
import type { DomainVerdict } from './plan.ts';
import type { Level, Quiesce } from './point.ts';
import type { CheckedCommit, CommitInForce, SourceRefusal, SourceReset } from './policy-source.ts';
import type { Failure } from './result.ts';
import type { Depth } from './verification.ts';

/**
 * What the looking commands print: plain JSON, the same with `--json` as what
 * the text is made from. Bytes and seconds are whole numbers, instants UTC.
 */
interface ReportBase {
  readonly formatVersion: 1;
  readonly host: string;
  /** The instant that ages are counted to. */
  readonly at: Instant;
  /** Zone in which people read times; `UTC` without a policy. */
  readonly timezone: string;
}

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

/** The drills of one domain, of `status`. */
export interface StatusDrill {
  /** The policy asks for drills. */
  readonly wanted: boolean;
  /** null: no point of it was ever booted. */
  readonly drill: DrillMemory | null;
}

/** One domain, of `status`. */
export interface StatusDomain {
  readonly uuid: DomainUuid;
  readonly name: string;
  readonly verdict: DomainVerdict['verdict'];
  readonly reasons: readonly Reason[];
  /** Newest valid point, or the look that proved that nothing changed. */
  readonly freshAt: Instant | null;
  readonly rpoSeconds: number | null;
  /** `none`: the policy sets none. `unseen`: it could not be told. */
  readonly rpo: 'met' | 'missed' | 'none' | 'unseen';
  readonly nextDueAt: Instant | null;
  /** Valid points in all stores. */
  readonly points: number;
  /** Points that are not valid, by what is wrong with each: they count for nothing. */
  readonly faulty: Readonly<Partial<Record<PointFault, number>>>;
  /** Only where there are some: faulty points whose copies at the mirrors were found damaged too. */
  readonly noSoundCopy?: number;
  readonly bytes: number;
  /** At each mirror that its rule names; left out where it names none. */
  readonly copies?: readonly StatusCopies[];
  /** Only where the policy asks for checks on a schedule. */
  readonly checks?: StatusChecks;
  /** Left out where none are wanted and none were made. */
  readonly drill?: StatusDrill;
}

/** How far the checks of one domain's valid points, or of its copies at a mirror, have come, of `status`. */
export interface StatusChecks {
  readonly depth: Depth;
  readonly everySeconds: number;
  /** Points that no check has found sound at this depth. */
  readonly never: number;
  /** Points whose check is longer ago than the policy allows, and those never checked. */
  readonly overdue: number;
  /** The check that is longest ago; null: no point was ever checked. */
  readonly oldestAt: Instant | null;
  /** When the next point is due; null without points. */
  readonly nextAt: Instant | null;
}

/** How far one domain's copies at one mirror are behind the points of this host. */
export interface CopiesAge {
  /** Of the newest valid copy; null: there is none, or nobody could look. */
  readonly newestAt: Instant | null;
  /** Valid points here that are newer than that, and their bytes; null: one of both sides was not seen. */
  readonly behind: { readonly points: number; readonly bytes: number } | null;
}

/** One domain's copies at one mirror, of `status`. */
export interface StatusCopies extends CopiesAge {
  readonly mirror: string;
  /** Why the mirror could not be seen; null when it was. */
  readonly failure: Failure | null;
  /** Only where there are some: copies that are not valid, which count for nothing there. */
  readonly faulty?: number;
  /** Only where the policy has the copies there checked on a schedule. */
  readonly checks?: StatusChecks;
}

/** When a store fills: a line through the used space that applies noted, one look a day. */
export interface SpaceForecast {
  /** The oldest look. */
  readonly sinceAt: Instant;
  readonly looks: number;
  /** Negative: it empties. */
  readonly bytesPerDay: number;
  /** When nothing is left but the reserve; null: not within a year. */
  readonly fillsAt: Instant | null;
}

/** One store, of `status`. */
export interface StatusStore {
  readonly name: string;
  readonly path: string;
  /** null: it could not be seen; `failure` says why. */
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  readonly reserveBytes: number | null;
  /** Only when there are looks enough. */
  readonly forecast?: SpaceForecast;
  readonly points: number;
  readonly bytes: number;
  readonly trashBytes: number;
  readonly failure: Failure | null;
  /** Only when nothing is decided by what is in it: no rule uses it, so that it is unseen fails nothing. */
  readonly isUnused?: true;
}

/** The agent of this host, of `status`: what its last round came to. */
export interface StatusAgent {
  readonly running: boolean;
  readonly mode: AgentMode;
  readonly lastAt: Instant;
  /** Why it looked: `interval`, `libvirt` … */
  readonly why: readonly string[];
  readonly done: number;
  readonly failed: number;
  readonly withheld: number;
  /** Why there was no round: the policy is invalid, another run holds the lock. */
  readonly trouble: string | null;
  /** When it looks again at the latest; null: it is at work, or ended. */
  readonly nextAt: Instant | null;
  readonly commit: string | null;
  /** Actions that failed three times in a row and more, and the last failure of each (G404). */
  readonly stalled: readonly {
    readonly action: string;
    readonly times: number;
    readonly message: string;
  }[];
}

/** Result of `status`: health beside sync. */
export interface StatusReport extends ReportBase {
  /** Left out where no agent has ever looked. */
  readonly agent?: StatusAgent;
  /** An agent runs that has not ended a round on this host; left out otherwise. */
  readonly firstRound?: true;
  /** What people told the agent to leave alone; left out where it is nothing. */
  readonly suspended?: readonly Suspension[];
  readonly domains: readonly StatusDomain[];
  readonly stores: readonly StatusStore[];
  /** Parts that could not be looked at, beside stores: exit 9. */
  readonly unseen: readonly { readonly part: string; readonly failure: Failure }[];
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
