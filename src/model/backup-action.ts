import type { ActionBase, DomainRef, StoreRef } from './action-base.ts';
import type { ChainId, CheckpointName, PointId } from './identity.ts';
import type { Level, SourceIdentity } from './point.ts';
import type { Reason } from './reason.ts';

/** What is done with one disk. */
export interface BackupDisk {
  readonly target: string;
  readonly level: Level;
  /** The checkpoint that the increment counts from; null for a full. */
  readonly base: CheckpointName | null;
  /** Why a full: new, replaced, raw, tracker lost … empty for an increment. */
  readonly reasons: readonly Reason[];
  readonly source: SourceIdentity;
  readonly sizeBytes: number | null;
  /** Gets a bitmap in the new checkpoint. */
  readonly tracked: boolean;
  readonly file: string;
  /** `../0000-…-full/vda.qcow2`; null for a full. */
  readonly backing: string | null;
  readonly estimateBytes: number | null;
}

/** Takes one point of one domain: all its disks, at one instant, under one manifest. */
export interface Backup extends ActionBase {
  readonly kind: 'backup';
  /** Only where nobody counted what changed: `bytes` is what its increments were lately. */
  readonly bytesFrom?: 'history';
  readonly domain: DomainRef;
  readonly store: StoreRef;
  /** Directory below `domains/`, and whether it is made now. */
  readonly directory: string;
  readonly chain: ChainId;
  readonly point: PointId;
  readonly sequence: number;
  readonly level: Level;
  readonly pointDirectory: string;
  readonly parent: {
    readonly point: PointId;
    readonly directory: string;
    readonly checkpoint: CheckpointName | null;
  } | null;
  /** null when no disk can be tracked. */
  readonly checkpoint: CheckpointName | null;
  readonly disks: readonly BackupDisk[];
  readonly excluded: readonly { readonly target: string; readonly code: string }[];
  /** The state that the plan saw; `off` is started paused and stopped again. */
  readonly power: 'running' | 'paused' | 'off';
  readonly quiesce: 'required' | 'try' | 'never';
  readonly verify: 'structure' | 'source';
  readonly timeouts: {
    readonly jobSeconds: number;
    readonly stallSeconds: number;
    readonly agentSeconds: number;
  };
  /** Checkpoints of this store that are let go once the point is published. */
  readonly release: readonly CheckpointName[];
  readonly nvram: string | null;
  readonly tpm: boolean;
  readonly definitionDigest: string;
  readonly hold: string | null;
  readonly note: string | null;
}
