import type { ActionBase, DomainRef, StoreRef } from './action-base.ts';
import type { CopyOfPoint, MirrorRef } from './copy-action.ts';
import type { ChainId, PointId } from './identity.ts';
import type { Instant } from './instant.ts';
import type { PointFault } from './observed-store.ts';
import type { Depth } from './verification.ts';

/** A point, or a copy of one, that is checked. */
export interface PointToVerify {
  readonly chain: ChainId;
  readonly id: PointId;
  /** Directory of the point below its chain. */
  readonly directory: string;
  readonly sequence: number;
  /** What is read for it. */
  readonly bytes: number;
  /** When it was last found sound, at least so thoroughly; null: never. */
  readonly checkedAt: Instant | null;
}

/** Checks points of one domain in one store, and puts what is damaged into quarantine. */
export interface VerifyPoints extends ActionBase {
  readonly kind: 'verify-points';
  readonly domain: DomainRef;
  readonly store: StoreRef;
  readonly directory: string;
  readonly depth: Depth;
  /** In the order in which they are checked. */
  readonly points: readonly PointToVerify[];
  readonly rateBytesPerSecond: number;
}

/**
 * Brings the files of a damaged point back from a mirror: each that is not what
 * the manifest says, and no other, compared by hash before it takes its place.
 */
export interface Heal extends ActionBase {
  readonly kind: 'heal';
  readonly domain: DomainRef;
  readonly store: StoreRef;
  readonly mirror: MirrorRef;
  readonly directory: string;
  readonly chain: ChainId;
  readonly point: CopyOfPoint;
  readonly fault: PointFault;
  /** Files that are known to be damaged; empty where only a comparison tells. */
  readonly files: readonly string[];
}

/** Checks a domain's copies at one mirror, and puts what is damaged into quarantine there. */
export interface VerifyCopies extends ActionBase {
  readonly kind: 'verify-copies';
  readonly domain: DomainRef;
  readonly mirror: MirrorRef;
  readonly directory: string;
  /** Other than `hash` only in a directory of this host. */
  readonly depth: Depth;
  /** In the order in which they are checked. */
  readonly points: readonly PointToVerify[];
  readonly rateBytesPerSecond: number;
}

/** What is done for checks. */
export type CheckAction = VerifyPoints | VerifyCopies | Heal;
