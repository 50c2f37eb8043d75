import type { CheckAction } from './check-action.ts';
import type { MirrorAccess, SourcePlace } from './desired.ts';
import type { DrillAction, EndDrill } from './drill-action.ts';
import type { ChainId, CheckpointName, DomainUuid, PointId, RunId, StoreId } from './identity.ts';
import type { Instant } from './instant.ts';
import type { Level, SourceIdentity } from './point.ts';

/**
 * Why something is done, not done, or kept: a stable code and the facts that
 * the sentence is made of. Prose is made in the reporter only.
 */
export interface Reason {
  readonly code: string;
  readonly facts?: Readonly<Record<string, string | number | boolean | null>>;
}

/** The store that an action works on, complete: the executor looks nothing up. */
export interface StoreRef {
  readonly name: string;
  readonly path: string;
  readonly id: StoreId;
}

export interface DomainRef {
  readonly uuid: DomainUuid;
  readonly name: string;
}

/** What every action says of itself. */
export interface ActionBase {
  /** Unique in its plan and the same in every plan of the same state: `backup:main:<uuid>`. */
  readonly id: string;
  /** Order: 10 repair, 20 backups, 30 mirrors, 40 restore, 50 checks, 90 deletions. */
  readonly wave: 10 | 20 | 30 | 40 | 50 | 90;
  /** `domain/NAME[/CHAIN[/SEQ]]`, the same on a mirror as `MIRROR:domain/…`, or `store/NAME`. */
  readonly address: string;
  /** Ids of actions that must have succeeded before. */
  readonly dependsOn: readonly string[];
  readonly reasons: readonly Reason[];
  /** The line of the policy that asks for it; null for repairs. */
  readonly place: SourcePlace | null;
  /** Codes of guards that block it; an action with one is shown, not done. */
  readonly blockedBy: readonly string[];
  /** Bytes written, or freed by a deletion; null when not known. */
  readonly bytes: number | null;
}

/** Writes the marker and README into an empty directory. */
export interface CreateStore extends ActionBase {
  readonly kind: 'create-store';
  readonly store: StoreRef;
}

/** Ends a backup job of a run that died. */
export interface AbortJob extends ActionBase {
  readonly kind: 'abort-job';
  readonly domain: DomainRef;
  readonly run: RunId;
  readonly socket: string;
  readonly scratch: readonly string[];
}

/** Thaws a guest that a run froze and left. */
export interface ThawDomain extends ActionBase {
  readonly kind: 'thaw-domain';
  readonly domain: DomainRef;
  readonly run: RunId;
}

/** Stops a domain that a run had started paused, if it is still that one and still paused. */
export interface RestorePowerState extends ActionBase {
  readonly kind: 'restore-power-state';
  readonly domain: DomainRef;
  readonly run: RunId;
  /** null: the run died before it could note the id; then only a domain that never ran is stopped. */
  readonly runningId: number | null;
}

/** Removes an `.incoming-` directory that no living process holds. */
export interface DiscardIncoming extends ActionBase {
  readonly kind: 'discard-incoming';
  readonly store: StoreRef;
  readonly domain: DomainRef;
  readonly path: string;
  readonly point: PointId | null;
}

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

/** Removes what a dead run had made for its own work and nobody uses: scratch, sockets, images that never came into their place. */
export interface DiscardFiles extends ActionBase {
  readonly kind: 'discard-files';
  readonly domain: DomainRef;
  readonly run: RunId;
  /** The kind of intent that named them, and that ends with them. */
  readonly intent: 'backup-job' | 'restore-files';
  /** Files and directories that the journal of the run names, each with the run in its name. */
  readonly paths: readonly string[];
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

/** A step of a plan, complete in itself: the executor has nothing to choose. */
export type Action =
  | CreateStore
  | AbortJob
  | ThawDomain
  | RestorePowerState
  | DiscardIncoming
  | DropCheckpoint
  | RedefineCheckpoint
  | Backup
  | TrashChain
  | PurgeTrash
  | Restore
  | PutBack
  | DiscardFiles
  | Untrack
  | CopyPoints
  | HideCopies
  | PurgeCopies
  | CheckAction
  | DrillAction;

export type ActionKind = Action['kind'];

/** What deletes points or trackers, and so is withheld when something was not seen (I4). */
export const destructiveKinds: ReadonlySet<ActionKind> = new Set([
  'trash-chain',
  'purge-trash',
  'drop-checkpoint',
  'untrack',
  'hide-copies',
  'purge-copies',
]);

/** An action that puts right what a run that died, or libvirt, left behind. */
export type Repair =
  | AbortJob
  | ThawDomain
  | RestorePowerState
  | PutBack
  | DiscardFiles
  | EndDrill
  | DiscardIncoming
  | DropCheckpoint
  | RedefineCheckpoint;

const repairs: Readonly<Record<Repair['kind'], true>> = {
  'abort-job': true,
  'thaw-domain': true,
  'restore-power-state': true,
  'put-back': true,
  'discard-files': true,
  'end-drill': true,
  'discard-incoming': true,
  'drop-checkpoint': true,
  'redefine-checkpoint': true,
};

/** Whether an action is a repair: nobody's policy asks for it. */
export const isRepair = (action: Action): action is Repair => Object.hasOwn(repairs, action.kind);
