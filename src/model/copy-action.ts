import type { ActionBase, DomainRef, StoreRef } from './action-base.ts';
import type { MirrorAccess } from './desired.ts';
import type { ChainId, PointId, StoreId } from './identity.ts';
import type { Instant } from './instant.ts';

/** The mirror that an action works on, complete, and the store whose copies it holds. */
export interface MirrorRef extends MirrorAccess {
  readonly store: StoreId;
}

/** A point of a chain in an action on copies. */
export interface CopyOfPoint {
  readonly id: PointId;
  /** Directory of the point below its chain. */
  readonly directory: string;
  readonly sequence: number;
  readonly bytes: number | null;
}

/** Copies points of one chain to a mirror: parents before what stands on them. */
export interface CopyPoints extends ActionBase {
  readonly kind: 'copy-points';
  readonly domain: DomainRef;
  readonly store: StoreRef;
  readonly mirror: MirrorRef;
  readonly directory: string;
  readonly chain: ChainId;
  /** By sequence; one may be made by this plan's own backup. */
  readonly points: readonly CopyOfPoint[];
  /** `content` when a copy there is faulty: every byte of these points is compared and sent again where it differs. */
  readonly compare: 'quick' | 'content';
  /**
   * Only where there are some: directories of points whose copy is in quarantine there. Of these only the
   * files that are not what the manifest says travel, and only where the store's are.
   */
  readonly damaged?: readonly string[];
}

/** Deletes a whole chain at a mirror: its manifests are hidden, its data stay until they are purged. */
export interface HideCopies extends ActionBase {
  readonly kind: 'hide-copies';
  readonly domain: DomainRef;
  readonly mirror: MirrorRef;
  readonly directory: string;
  readonly chain: ChainId;
  /** By sequence: all points that have their manifest there, faulty ones too. */
  readonly points: readonly CopyOfPoint[];
  /** When they may be purged. */
  readonly purgeAfter: Instant;
}

/** Removes the data of deleted copies of one chain for good. */
export interface PurgeCopies extends ActionBase {
  readonly kind: 'purge-copies';
  readonly domain: DomainRef;
  readonly mirror: MirrorRef;
  readonly directory: string;
  readonly chain: ChainId;
  readonly points: readonly CopyOfPoint[];
}
