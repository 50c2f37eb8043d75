import type { ActionBase, DomainRef, StoreRef } from './action-base.ts';
import type { ChainId, CheckpointName, PointId } from './identity.ts';

/** Drops a checkpoint of ours, and its bitmaps, that no published point uses. */
export interface DropCheckpoint extends ActionBase {
  readonly kind: 'drop-checkpoint';
  readonly domain: DomainRef;
  readonly store: StoreRef;
  readonly checkpoint: CheckpointName;
  readonly power: 'running' | 'paused' | 'off';
  /** False: only bitmaps are left, libvirt lists no checkpoint. */
  readonly listed: boolean;
  /** Active qcow2 images that carry the bitmap, of a domain that is off. */
  readonly images: readonly string[];
}

/** Tells libvirt again of a checkpoint whose bitmaps are still in the images. */
export interface RedefineCheckpoint extends ActionBase {
  readonly kind: 'redefine-checkpoint';
  readonly domain: DomainRef;
  readonly store: StoreRef;
  readonly checkpoint: CheckpointName;
  readonly chain: ChainId;
  readonly point: PointId;
  /** Path of the saved checkpoint.xml below the store. */
  readonly definition: string;
}

/** Drops our checkpoints and bitmaps of a domain; the next point is a full. */
export interface Untrack extends ActionBase {
  readonly kind: 'untrack';
  readonly domain: DomainRef;
  readonly store: StoreRef;
  readonly directory: string;
  readonly checkpoints: readonly CheckpointName[];
  readonly power: 'running' | 'paused' | 'off';
  readonly images: readonly string[];
  readonly closes: ChainId | null;
}
