import type { DomainRef } from './action-base.ts';
import type { Action } from './action.ts';
import type { AgentLimits } from './agent.ts';
import type { Approval } from './approval.ts';
import type { SourcePlace } from './desired.ts';
import type { ChainId, PointId } from './identity.ts';
import type { Instant } from './instant.ts';
import type { Reason } from './reason.ts';

/** Something that is said but not done. */
export interface Note {
  readonly code: string;
  /** Address, `host`, `store/NAME`, or `policy`. */
  readonly address: string;
  readonly severity: 'info' | 'warning';
  readonly facts?: Readonly<Record<string, string | number | boolean | null>>;
  readonly place: SourcePlace | null;
}

/** A rule of 5-safety.md that speaks up. */
export interface Guard {
  readonly code: string;
  /** Address, `host` or `store/NAME`: what `--allow CODE=SCOPE` names. */
  readonly scope: string;
  readonly effect: 'block' | 'withhold' | 'allowed';
  /** Ids of actions that it blocks. */
  readonly actions: readonly string[];
  /** False: no override exists. */
  readonly overridable: boolean;
  /** It is lifted by an approval: whose, and until when. */
  readonly approved?: { readonly id: string; readonly by: string; readonly until: Instant };
  readonly facts?: Readonly<Record<string, string | number | boolean | null>>;
}

/** I13: every domain that is known ends in exactly one list. */
export interface DomainVerdict {
  readonly domain: DomainRef;
  readonly verdict:
    | 'acted-on'
    | 'up-to-date'
    | 'waiting'
    | 'blocked'
    | 'ignored'
    | 'unmanaged'
    | 'unsupported'
    | 'unseen'
    | 'gone';
  readonly reasons: readonly Reason[];
  readonly place: SourcePlace | null;
  /** When the next point is due; null when none will be. */
  readonly nextDueAt: Instant | null;
  /** Newest valid point, or the look that proved that nothing changed. */
  readonly freshAt: Instant | null;
  readonly rpoSeconds: number | null;
  /** When the next of its points is checked again; only where the policy asks for checks and there is a point. */
  readonly nextVerifyAt?: Instant;
}

/** Why a point is kept, or that nothing keeps it. */
export interface PointVerdict {
  readonly domain: DomainRef;
  readonly store: string;
  readonly chain: ChainId;
  readonly point: PointId;
  /** Rule words as people write them: `last 7`, `daily 14`, `held`, `live chain`, `newest valid`, `chain of a kept point`. Empty: kept by no rule. */
  readonly keptBy: readonly string[];
}

/** What was asked for beside the policy: flags of `plan`. Part of the plan, so that a saved one says so. */
export interface Request {
  /** Addresses; null for everything. A targeted plan holds no deletion (G305 of the notes). */
  readonly targets: readonly string[] | null;
  /** A point now, whatever the schedule says. */
  readonly now: readonly {
    readonly address: string;
    readonly full: boolean;
    readonly note: string | null;
    readonly hold: string | null;
  }[];
  /** `CODE=SCOPE`, for this plan alone. */
  readonly allow: readonly { readonly code: string; readonly scope: string }[];
  /** Approvals that were found valid on this host; left out when there are none. */
  readonly approvals?: readonly Approval[];
  /** Nobody is there: G202 and the like have no override. */
  readonly unattended: boolean;
  /** Only in plans of the agent: what holds it back. */
  readonly agent?: AgentLimits;
}

/** Nothing but what the policy says. */
export const noRequest: Request = { targets: null, now: [], allow: [], unattended: false };

/** The plan of an observation: pure data, canonical JSON, schema plan.v1. */
export interface Plan {
  readonly formatVersion: 1;
  /** SHA-256 of the canonical JSON of all the rest. */
  readonly id: string;
  readonly purpose: 'policy' | 'restore' | 'trash' | 'untrack' | 'drill';
  readonly tool: string;
  readonly host: string;
  readonly plannedAt: Instant;
  /** Twelve hours later: `apply PLAN` refuses after it (G301). */
  readonly expiresAt: Instant;
  readonly policy: {
    readonly file: string;
    readonly digest: string;
    readonly branch: string | null;
    readonly commit: string | null;
    readonly timezone: string;
    readonly rules: number;
    readonly stores: number;
    readonly mirrors: number;
  };
  /** One entry a part, for the plan's second line. */
  readonly observed: readonly {
    /** `libvirt`, `main`, `nas`. */
    readonly part: string;
    readonly seen: boolean;
    readonly message: string | null;
    readonly chains: number | null;
    readonly points: number | null;
  }[];
  readonly request: Request;
  /** By wave, then in the order in which they are done. */
  readonly actions: readonly Action[];
  readonly notes: readonly Note[];
  readonly guards: readonly Guard[];
  readonly domains: readonly DomainVerdict[];
  /** True when something was not seen: exit 9, deletions withheld. */
  readonly incomplete: boolean;
  /** Only when it is incomplete, and nothing of this host was unseen but mirrors alone. */
  readonly onlyMirrorsUnseen?: true;
  /** Chains that the retention in force dooms now or with the next full, by domain uuid, blocked or not: the next memory. */
  readonly doomed: Readonly<Record<string, readonly ChainId[]>>;
  /** The same of the copies at each mirror, by its name and the domain's uuid; only when there are any. */
  readonly doomedCopies?: Readonly<Record<string, Readonly<Record<string, readonly ChainId[]>>>>;
}

/** The actions that an apply would do. */
export function runnableActions(plan: Plan): readonly Action[] {
  return plan.actions.filter((action) => action.blockedBy.length === 0);
}
