import type { AgentMode, Suspension } from './agent.ts';
import type { DrillMemory } from './drill.ts';
import type { DomainUuid } from './identity.ts';
import type { Instant } from './instant.ts';
import type { PointFault } from './observed-store.ts';
import type { DomainVerdict } from './plan.ts';
import type { Reason } from './reason.ts';
import type { CopiesAge, ReportBase } from './report-base.ts';
import type { Failure } from './result.ts';
import type { Depth } from './verification.ts';

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
