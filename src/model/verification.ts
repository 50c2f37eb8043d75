import type { Instant } from './instant.ts';

/**
 * How thoroughly a point is verified, each with all of those before it:
 * `structure`: manifest, sizes, qemu-img check; `hash`: every byte of its
 * files; `replay`: every disk read from end to end through its whole chain.
 */
export type Depth = 'structure' | 'hash' | 'replay';

/** From the shallowest on. */
export const depths = ['structure', 'hash', 'replay'] as const satisfies readonly Depth[];

/** When points of a domain are verified again, and how. */
export interface Verification {
  readonly everySeconds: number;
  readonly depth: Depth;
}

/** What verifying may cost a store, or a mirror, in any 24 hours. */
export interface VerifyBudget {
  readonly rateBytesPerSecond: number;
  readonly secondsPerDay: number;
}

/** When the copies at a mirror are verified again, how, and what that may cost in any 24 hours. */
export interface CopyVerification extends Verification, VerifyBudget {}

/**
 * Where a store or a mirror says nothing. Half of what one disk gives: the guests and the
 * night's backups have the rest. That is 1.4 TiB a day, 10 TiB a week.
 */
export const defaultVerifyBudget: VerifyBudget = {
  rateBytesPerSecond: 100 * 1024 ** 2,
  secondsPerDay: 4 * 3600,
};

/** `checked.json` in a point: when a check last found it to be what its manifest says. */
export interface PointCheck {
  readonly formatVersion: 1;
  readonly at: Instant;
  readonly depth: Depth;
  /** When every byte was last compared, if that was an earlier check. */
  readonly hashAt?: Instant;
  /** When every disk was last read through its chain, if that was an earlier check. */
  readonly replayAt?: Instant;
}

/** When a point was last found sound at least so thoroughly. */
export interface CheckedTimes {
  readonly structure: Instant;
  readonly hash?: Instant;
  readonly replay?: Instant;
}

/** What a note of checks says of each depth: a deeper check counts for those before it. */
export function checkedTimes({ at, depth, hashAt, replayAt }: PointCheck): CheckedTimes {
  const replay = depth === 'replay' ? at : replayAt;
  const hash = depth === 'structure' ? newest(hashAt, replay) : newest(at, replay);
  return {
    structure: newest(at, hash) ?? at,
    ...(hash === undefined ? {} : { hash }),
    ...(replay === undefined ? {} : { replay }),
  };
}

/**
 * The note of a new check, which does not forget when a deeper one was made; but one that is dated
 * later was made under a wrong clock, and would hide this one until then.
 */
export function noteOfCheck(at: Instant, depth: Depth, before: CheckedTimes | null): PointCheck {
  const known = (time: Instant | undefined): Instant | undefined =>
    time === undefined || time > at ? undefined : time;
  const hash = depth === 'structure' ? known(before?.hash) : undefined;
  const replay = depth === 'replay' ? undefined : known(before?.replay);
  return {
    formatVersion: 1,
    at,
    depth,
    ...(hash === undefined ? {} : { hashAt: hash }),
    ...(replay === undefined ? {} : { replayAt: replay }),
  };
}

const newest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a;
