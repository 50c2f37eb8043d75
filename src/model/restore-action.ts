import type { ActionBase, DomainRef, StoreRef } from './action-base.ts';
import type { ChainId, CheckpointName, DomainUuid, PointId, RunId } from './identity.ts';

/** Where one restored image goes. */
export interface RestoreImage {
  readonly target: string;
  /** Images of the chain from the chosen point down to its full, below the store, newest first, with their hashes. */
  readonly layers: readonly {
    readonly path: string;
    readonly sha256: string;
    readonly bytes: number;
  }[];
  readonly sizeBytes: number;
  readonly to: string;
  readonly toKind: 'file' | 'block';
  readonly format: 'qcow2' | 'raw';
  /** An existing image that is set aside under this name until the new definition stands. */
  readonly asideAs: string | null;
  /** Of a raw device that is larger than the disk: the bytes behind the disk's end, which stay as they are. */
  readonly tailBytes?: number;
}

/** UEFI variables or TPM state that a restore brings back. */
export interface RestoreFirmware {
  readonly kind: 'nvram' | 'tpm';
  /** File of the point, below the store. */
  readonly from: string;
  readonly sha256: string;
  /** File of the variables, or directory of the emulated TPM. */
  readonly to: string;
  /** What is there now is set aside under this name. */
  readonly asideAs: string | null;
}

/** One path that a restore in place exchanges: the old under `aside` (null: there was none), the new at `to`. */
export interface Swap {
  readonly to: string;
  readonly aside: string | null;
}

/** Brings a point back: verify, write, define, start, as one transaction that can be put back. */
export interface Restore extends ActionBase {
  readonly kind: 'restore';
  readonly domain: DomainRef;
  readonly store: StoreRef;
  readonly directory: string;
  readonly chain: ChainId;
  readonly point: PointId;
  readonly pointPath: string;
  readonly mode: 'new' | 'in-place' | 'images-only' | 'instant';
  readonly images: readonly RestoreImage[];
  readonly firmware: readonly RestoreFirmware[];
  /** The domain that is defined; null with images-only. */
  readonly define: {
    readonly name: string;
    readonly uuid: DomainUuid;
    /** New MAC addresses; false keeps them. */
    readonly newMacs: boolean;
    readonly start: boolean;
  } | null;
  /** Power off first: only with `--power-off`, only in place. */
  readonly powerOff: boolean;
  /** Copy the content of block devices here before they are overwritten. */
  readonly keepDir: string | null;
  /** The live chain that is closed after a restore in place. */
  readonly closes: ChainId | null;
  /** Checkpoints whose metadata goes only when the new definition stands. */
  readonly release: readonly CheckpointName[];
}

/** Puts back what a restore in place had set aside when it died before the new definition stood. */
export interface PutBack extends ActionBase {
  readonly kind: 'put-back';
  readonly domain: DomainRef;
  readonly run: RunId;
  readonly swaps: readonly Swap[];
}
