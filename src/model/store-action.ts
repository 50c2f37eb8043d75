import type { ActionBase, DomainRef, StoreRef } from './action-base.ts';
import type { ChainId, PointId, RunId } from './identity.ts';
import type { Instant } from './instant.ts';

/** Writes the marker and README into an empty directory. */
export interface CreateStore extends ActionBase {
  readonly kind: 'create-store';
  readonly store: StoreRef;
}

/** Moves a whole chain to the trash. */
export interface TrashChain extends ActionBase {
  readonly kind: 'trash-chain';
  readonly domain: DomainRef;
  readonly store: StoreRef;
  readonly directory: string;
  readonly chain: ChainId;
  /** Exactly these must be there, or it is stale. */
  readonly points: readonly PointId[];
  /** When it may be purged: that frees its bytes, the move to the trash none. */
  readonly purgeAfter: Instant;
  /** Only where blocks may be shared: `bytes` are the most that it frees. */
  readonly freesAtMost?: true;
}

/** Removes a chain in the trash for good. */
export interface PurgeTrash extends ActionBase {
  readonly kind: 'purge-trash';
  readonly domain: DomainRef;
  readonly store: StoreRef;
  readonly run: RunId;
  readonly path: string;
  readonly chain: ChainId;
  /** Only where blocks may be shared: `bytes` are the most that it frees. */
  readonly freesAtMost?: true;
}
