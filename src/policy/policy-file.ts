import type { AgentMode } from '../model/agent.ts';
import type { Depth } from '../model/verification.ts';
import { policySchemaErrors } from './generated/policy-schema.ts';

/** A policy file as it is written, once the schema accepts it (schema/policy.v1.schema.json). */
export interface PolicyFile {
  readonly version: 1;
  readonly host?: string;
  readonly timezone?: string;
  readonly include?: readonly string[];
  readonly stores?: Readonly<Record<string, WrittenStore>>;
  readonly schedules?: Readonly<Record<string, WrittenSchedule>>;
  readonly retention?: Readonly<Record<string, WrittenRetention>>;
  readonly mirrors?: Readonly<Record<string, WrittenMirror>>;
  readonly defaults?: WrittenSettings;
  readonly domains?: readonly WrittenRule[];
  readonly ignore?: readonly string[];
  readonly moved?: readonly { readonly from: string; readonly to: string }[];
  readonly removed?: readonly WrittenRemoval[];
  readonly agent?: WrittenAgent;
}

const keys: Readonly<Record<keyof PolicyFile, true>> = {
  version: true,
  host: true,
  timezone: true,
  include: true,
  stores: true,
  schedules: true,
  retention: true,
  mirrors: true,
  defaults: true,
  domains: true,
  ignore: true,
  moved: true,
  removed: true,
  agent: true,
};

/** Whether a word is a key of a policy file's outermost level. */
export const isPolicyKey = (word: string): word is keyof PolicyFile => Object.hasOwn(keys, word);

/** `72h`, `14d`. */
export type DurationText = string;
/** `50MiB/s`. */
export type RateText = string;

export interface WrittenStore {
  readonly path: string;
  /** `10%` or a size. */
  readonly reserve?: string;
  readonly alert?: DurationText;
  readonly trash?: { readonly keepFor?: DurationText };
  readonly requireMount?: boolean;
  readonly limits?: { readonly jobs?: number; readonly rate?: RateText };
  /** What scheduled checks may cost it. */
  readonly verify?: { readonly maxRate?: RateText; readonly maxTime?: DurationText };
}

export type WrittenSchedule = string | { readonly cron: string; readonly jitter?: DurationText };

export interface WrittenRetention {
  readonly chain?: { readonly maxPoints?: number; readonly maxAge?: DurationText };
  readonly keep?: 'all' | WrittenKeep;
  readonly minPoints?: number;
}

export interface WrittenKeep {
  readonly chains?: number;
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  readonly within?: DurationText;
}

export interface WrittenMirror {
  readonly type: 'rsync' | 'rclone';
  readonly target: string;
  readonly retention?: string;
  readonly bandwidth?: RateText;
  readonly schedule?: string;
  readonly deletes?: 'allowed' | 'never';
  /** `10%` or a size. */
  readonly reserve?: string;
  readonly trash?: { readonly keepFor?: DurationText };
  /** Checks of the copies there; `every: never`: none. */
  readonly verify?: {
    readonly every: DurationText;
    readonly depth?: Depth;
    readonly maxRate?: RateText;
    readonly maxTime?: DurationText;
  };
  readonly ssh?: {
    readonly identityFile?: string;
    readonly knownHosts?: string;
    readonly port?: number;
  };
  readonly configFile?: string;
}

/** A word: what is checked before a point counts. Keys: that, and what is checked later on. */
export type WrittenVerify =
  | 'structure'
  | 'source'
  | {
      /** `never`: not on a schedule, whatever `defaults` says. */
      readonly every?: DurationText;
      readonly depth?: Depth;
      readonly publish?: 'structure' | 'source';
    };

/** What a rule, or `defaults:`, says of the domains that it selects. */
export interface WrittenSettings {
  readonly store?: string;
  readonly schedule?: string;
  readonly retention?: string;
  readonly mirrors?: readonly string[];
  readonly rpo?: DurationText;
  readonly quiesce?: 'required' | 'try' | 'never';
  readonly tracker?: 'auto' | 'never';
  readonly encryptedDisks?: 'refuse' | 'plaintext';
  readonly disks?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] };
  readonly verify?: WrittenVerify;
  readonly timeouts?: {
    readonly job?: DurationText;
    readonly stall?: DurationText;
    readonly agent?: DurationText;
  };
  readonly drill?: WrittenDrill;
}

/** What a rule says of its domains' drills; what it leaves out comes from `defaults:`. */
export interface WrittenDrill {
  readonly every?: DurationText;
  readonly boot?: boolean;
  readonly wait?: 'agent' | 'port' | 'none';
  readonly port?: number;
  readonly timeout?: DurationText;
  readonly script?: string;
  readonly from?: string;
}

/** What `holdfast agent` may do, and when. */
export interface WrittenAgent {
  readonly mode?: AgentMode;
  /** `22:00-06:00`, `sat,sun 00:00-24:00`. */
  readonly windows?: readonly string[];
}

/** Exactly one of name, uuid and match. */
export interface WrittenRule extends WrittenSettings {
  readonly name?: string;
  readonly uuid?: string;
  readonly match?: string;
}

export interface WrittenRemoval {
  readonly domain: string;
  readonly uuid: string;
  readonly points: 'trash';
  readonly chain?: string;
}

/** Whether a value is a policy file: the schema objects to nothing. */
export function isPolicyFile(data: unknown): data is PolicyFile {
  return policySchemaErrors(data).length === 0;
}
