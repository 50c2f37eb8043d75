import type { DrillWait } from './drill.ts';
import type { ChainId, DomainUuid } from './identity.ts';
import type { SourceRefusal } from './policy-source.ts';
import type { CopyVerification, Verification, VerifyBudget } from './verification.ts';

/** Where in the policy something was said; one-based. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Part of a file system, or a number of bytes. */
export type Amount =
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'percent'; readonly percent: number };

/** When a point is due: level-triggered, "a point should exist by now". */
export interface Schedule {
  readonly name: string;
  /** Five fields, checked. */
  readonly cron: string;
  /** Zone name of the tz database. */
  readonly timezone: string;
  /** A domain's own delay within this, fixed by its uuid, spreads the load. */
  readonly jitterSeconds: number;
}

/** Which points are kept, and why. Rules add up: a point goes only if none keeps it. */
export interface Retention {
  readonly name: string;
  /** When a chain is complete, and the next point begins another. */
  readonly chain: { readonly maxPoints: number; readonly maxAgeSeconds: number | null };
  /** null keeps everything. */
  readonly keep: Keep | null;
  /** Never fewer valid points than this, at any prefix of a plan (I5). */
  readonly minPoints: number;
}

export interface Keep {
  /** The live chain and this many closed ones. */
  readonly chains?: number;
  /** The newest N points. */
  readonly last?: number;
  /** The newest point of each of the last N hours, days … that have one, in the policy's zone. */
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  /** Every point not older than this, counted back from the newest valid point. */
  readonly withinSeconds?: number;
}

export interface DesiredStore {
  readonly name: string;
  readonly path: string;
  readonly place: SourcePlace;
  /** Space that a backup may never eat (G407). */
  readonly reserve: Amount;
  /** A plan says when the store fills within this; the planner's own default where it is left out. */
  readonly alertSeconds?: number;
  readonly trashKeepSeconds: number;
  /** Refuse unless the path is a mount point. */
  readonly requireMount: boolean;
  /** Copies at once into this store; bytes a second for all of them, null for no limit. */
  readonly limits: { readonly jobs: number; readonly rateBytesPerSecond: number | null };
  /** What scheduled checks may cost; only where the policy says so, else `defaultVerifyBudget`. */
  readonly verifyBudget?: VerifyBudget;
  /** No rule names it: nothing is decided by what is in it. */
  readonly isUnused?: true;
}

/** How a mirror is reached: all that a driver must be told of it. */
export interface MirrorAccess {
  readonly name: string;
  readonly type: 'rsync' | 'rclone';
  /** rsync: `/path` or `[user@]host:/path`. rclone: `remote:path`. */
  readonly target: string;
  /** For all copies to and from it; null for no limit. */
  readonly bandwidthBytesPerSecond: number | null;
  /** `never`: this host may not delete there; its retention is only reported. */
  readonly deletes: 'allowed' | 'never';
  /** Of rsync over ssh; null in each for ssh's own default. */
  readonly ssh: {
    readonly identityFile: string | null;
    readonly knownHosts: string | null;
    readonly port: number | null;
  };
  /** Of rclone; null for its own default. */
  readonly configFile: string | null;
}

export interface DesiredMirror extends MirrorAccess {
  readonly retention: Retention;
  /** When copies are made; null: right after each backup. */
  readonly schedule: Schedule | null;
  /** How long a deleted copy's data stay. */
  readonly trashKeepSeconds: number;
  /** Space that a copy may never eat (G407); nothing where it is left out. */
  readonly reserve?: Amount;
  /** Only where the copies there are checked on a schedule. */
  readonly verification?: CopyVerification;
  readonly place: SourcePlace;
}

/** How often, and how, a domain's newest point is booted to prove that it can be. */
export interface DesiredDrill {
  readonly everySeconds: number;
  readonly wait: DrillWait;
  /** TCP port, with `wait` port. */
  readonly port: number | null;
  /** From the start of the machine to its answer. */
  readonly timeoutSeconds: number;
  /** Name of a script in the host file; a repository names no programs. */
  readonly script: string | null;
  /** A mirror in a directory of this host, whose copy is booted; null: the store's own point. */
  readonly from: string | null;
}

/** What the policy says of one domain, with every default filled in. */
export interface DesiredDomain {
  readonly uuid: DomainUuid;
  readonly name: string;
  /** The rule that selected it. */
  readonly place: SourcePlace;
  readonly store: string;
  readonly schedule: Schedule;
  readonly retention: Retention;
  readonly mirrors: readonly string[];
  readonly rpoSeconds: number | null;
  readonly quiesce: 'required' | 'try' | 'never';
  /** `never`: fulls only, so that a user's own snapshot reverts are never in the way. */
  readonly tracker: 'auto' | 'never';
  readonly encryptedDisks: 'refuse' | 'plaintext';
  /** `include` null means all. */
  readonly disks: {
    readonly include: readonly string[] | null;
    readonly exclude: readonly string[];
  };
  /** What is compared before a point is published: its structure, or every byte with the still open export. */
  readonly verify: 'structure' | 'source';
  /** When its points are checked again; only where the policy asks for it. */
  readonly verification?: Verification;
  readonly timeouts: {
    /** The whole job. */
    readonly jobSeconds: number;
    /** No byte read for this long. */
    readonly stallSeconds: number;
    /** Freeze and thaw, each. */
    readonly agentSeconds: number;
  };
  /** Left out where none are wanted. */
  readonly drill?: DesiredDrill;
}

/** A domain that is deliberately not backed up. */
export interface IgnoredDomain {
  readonly uuid: DomainUuid;
  readonly name: string;
  readonly place: SourcePlace;
}

/** `moved:`: same uuid, new name. */
export interface Moved {
  readonly from: string;
  readonly to: string;
  readonly place: SourcePlace;
}

/** `removed:`: the only way to delete a domain's points altogether. */
export interface Removed {
  readonly name: string;
  readonly uuid: DomainUuid;
  readonly chain: ChainId | null;
  readonly place: SourcePlace;
}

/**
 * What should be: the policy, resolved for the domains that are known
 * (those that the hypervisor reports and those that stores hold points of).
 */
export interface DesiredState {
  readonly policy: {
    readonly file: string;
    /** SHA-256 of the resolved policy, whatever its comments and order of keys. */
    readonly digest: string;
    readonly branch: string | null;
    readonly commit: string | null;
    /** How many rules select domains. */
    readonly rules: number;
    /** From git: a newer commit is there and may not be followed. */
    readonly refused?: SourceRefusal;
  };
  readonly host: string | null;
  readonly timezone: string;
  readonly stores: readonly DesiredStore[];
  readonly mirrors: readonly DesiredMirror[];
  readonly domains: readonly DesiredDomain[];
  readonly ignored: readonly IgnoredDomain[];
  readonly moved: readonly Moved[];
  readonly removed: readonly Removed[];
  /** Notify commands and limits of the host are in the host file, not here. */
}
