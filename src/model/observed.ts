import type { DrillGuest, ObservedDrills } from './drill.ts';
import type { CheckpointName, DomainUuid, PointId, RunId } from './identity.ts';
import type { Instant } from './instant.ts';
import type { ObservedMirrorContent } from './observed-mirror.ts';
import type { ObservedStore } from './observed-store.ts';
import type { ImageStat, SourceIdentity } from './point.ts';
import type { Seen } from './result.ts';

/** libvirt's states in the words that matter here; `unknown` is whatever it may add. */
export type PowerState =
  | 'running'
  | 'paused'
  | 'off'
  | 'crashed'
  | 'suspended'
  | 'stopping'
  | 'unknown';

/** One image file below a domain's disk: the active one first, then what it is backed by. */
export interface ObservedImage {
  readonly identity: SourceIdentity;
  /** null for what is not a file, or could not be looked at. */
  readonly stat: ImageStat | null;
}

/** A dirty bitmap in the active qcow2 of a domain that is off. */
export interface ObservedBitmap {
  readonly name: string;
  readonly granularityBytes: number;
  /** `in-use` means that QEMU died: what it recorded is lost. */
  readonly flags: readonly string[];
}

export interface ObservedDisk {
  /** libvirt's target, `vda`. */
  readonly target: string;
  readonly device: 'disk' | 'lun' | 'cdrom' | 'floppy';
  readonly kind: 'file' | 'block' | 'network' | 'other';
  readonly format: string;
  readonly readonly: boolean;
  readonly shareable: boolean;
  readonly transient: boolean;
  /** LUKS: a point of it would be plain text. */
  readonly encrypted: boolean;
  /** Virtual size and guest data allocated; null when not known without reading. */
  readonly sizeBytes: number | null;
  readonly allocatedBytes: number | null;
  /** The active image first. Unseen when a path cannot be looked at. */
  readonly images: Seen<readonly ObservedImage[]>;
  /** Bitmaps of the active image; only looked at when the domain is off and the disk is qcow2, else null. */
  readonly bitmaps: Seen<readonly ObservedBitmap[]> | null;
}

/** A checkpoint that libvirt lists. */
export interface ObservedCheckpoint {
  readonly name: string;
  readonly parent: string | null;
  readonly disks: readonly {
    readonly target: string;
    readonly bitmap: string;
    /** Bytes changed since. null: of a domain that runs, the bitmap is missing or broken; of one that is off, and of others' checkpoints, not known. */
    readonly dirtyBytes: number | null;
  }[];
}

/** A job that libvirt runs on a domain. */
export interface ObservedJob {
  /** libvirt's operation: backup, migration-out, snapshot, dump, save … */
  readonly operation: string;
  /** The run whose journal names this job's socket and scratch files; null: somebody else's. */
  readonly run: RunId | null;
}

export interface ObservedDomain {
  readonly uuid: DomainUuid;
  readonly name: string;
  readonly persistent: boolean;
  readonly state: PowerState;
  /** libvirt's own word: booted, crashed, destroyed, migrating … */
  readonly stateReason: string;
  /** libvirt's running id; null when off. */
  readonly runningId: number | null;
  /** The guest's memory is on disk: starting the domain would consume it. */
  readonly managedSave: boolean;
  readonly agent: 'connected' | 'disconnected' | 'none';
  readonly disks: readonly ObservedDisk[];
  /** Names of internal snapshots: our bitmaps stand in the way of reverting to them. */
  readonly internalSnapshots: readonly string[];
  readonly job: ObservedJob | null;
  /** Targets with a block job (copy, commit, pull). */
  readonly blockJobs: readonly string[];
  readonly checkpoints: Seen<readonly ObservedCheckpoint[]>;
  /** Path of the UEFI variables, and whether there is an emulated TPM. */
  readonly nvram: string | null;
  readonly tpm: boolean;
  /** SHA-256 of the inactive definition without secrets. */
  readonly definitionDigest: string;
}

export interface ObservedHypervisor {
  readonly kind: 'libvirt';
  readonly uri: string;
  readonly version: string;
  readonly domains: readonly ObservedDomain[];
  /** Domains that are listed, but of which not all facts could be read. */
  readonly unseenDomains: readonly {
    readonly uuid: DomainUuid;
    readonly name: string;
    readonly code: string;
    readonly message: string;
  }[];
}

/** Something that a run began and did not end, from its journal. */
export type OpenIntent =
  | {
      readonly kind: 'started-domain';
      readonly uuid: DomainUuid;
      readonly name: string;
      /**
       * libvirt's id at our start: only this one may be destroyed, and only while paused.
       * null in the intent that is written before the start, when there is no id yet.
       */
      readonly runningId: number | null;
    }
  | { readonly kind: 'frozen-domain'; readonly uuid: DomainUuid; readonly name: string }
  | {
      readonly kind: 'backup-job';
      readonly uuid: DomainUuid;
      readonly name: string;
      readonly socket: string;
      readonly scratch: readonly string[];
      readonly checkpoint: CheckpointName | null;
      readonly point: PointId;
    }
  /** A restore in place exchanges images; open until the new definition stands. */
  | {
      readonly kind: 'restore-swap';
      readonly uuid: DomainUuid;
      readonly name: string;
      readonly swaps: readonly { readonly to: string; readonly aside: string | null }[];
    }
  /** A restore overwrites block devices, which nothing puts back; open until all are written. */
  | {
      readonly kind: 'device-write';
      readonly uuid: DomainUuid;
      readonly name: string;
      readonly devices: readonly string[];
    }
  /** A restore writes files under names of its own; open until each is in its place, or gone. */
  | {
      readonly kind: 'restore-files';
      readonly uuid: DomainUuid;
      readonly name: string;
      readonly files: readonly {
        /** Carries the run in its name. */
        readonly path: string;
        /** Where it goes if nothing is there; null: over something, or nowhere. */
        readonly place: string | null;
      }[];
      /** Of an instant restore: the directory of its servers' sockets, and the address of the chain that it holds. */
      readonly instant: { readonly sockets: string; readonly held: string | null } | null;
    }
  /** A drill boots a point; open until its machine has ended and all of this is gone. */
  | {
      readonly kind: 'drill';
      readonly uuid: DomainUuid;
      readonly name: string;
      readonly guest: DrillGuest;
      /** Directories of this drill alone: overlays and firmware, its servers' sockets, TPM state. */
      readonly paths: readonly string[];
    };

/** Something on disk that a dead run left. */
export interface LeftFile {
  readonly path: string;
  /** What its removal frees; of a directory, of everything in it. */
  readonly bytes: number;
}

/** A run whose journal has no end and whose process is gone. */
export interface ObservedRun {
  readonly run: RunId;
  readonly startedAt: Instant;
  readonly open: readonly OpenIntent[];
  /** What is there of the paths that the open intents name (`leftPaths`). */
  readonly files: readonly LeftFile[];
}

/** What is: everything that the planner may know, at one instant. Plain JSON, schema observed.v1. */
export interface ObservedState {
  readonly formatVersion: 1;
  readonly observedAt: Instant;
  readonly tool: string;
  readonly host: {
    readonly name: string;
    readonly bootId: string;
    /** Seconds since boot by a clock that nobody sets. */
    readonly bootClockSeconds: number;
  };
  readonly hypervisor: Seen<ObservedHypervisor>;
  /** In the order of the policy. */
  readonly stores: readonly ObservedStore[];
  readonly scratch: Seen<{
    readonly path: string;
    readonly freeBytes: number;
    readonly limitBytes: number | null;
  }>;
  /** Runs that never ended, oldest first; unseen when the journal directory cannot be read. */
  readonly runs: Seen<readonly ObservedRun[]>;
  readonly mirrors: readonly ObservedMirror[];
  /** What drills may use here; left out where nobody looked, and then none is planned. */
  readonly drills?: ObservedDrills;
}

/** A mirror that the policy names, and the copies there of each store of this host that is copied to it. */
export interface ObservedMirror {
  readonly name: string;
  /** None for a store that was not seen, or is blank and so has no id yet: nothing of it can be at a mirror. */
  readonly stores: readonly {
    /** The store's name in the policy. */
    readonly store: string;
    readonly state: Seen<ObservedMirrorContent>;
  }[];
}
