import type { DomainUuid, PointId } from '../model/identity.ts';
import type { ObservedDomain } from '../model/observed.ts';
import { type ModelImage, newImage, type Version } from './model-image.ts';

/** A bitmap in a QEMU that runs; null: it is there and broken, as after a crash. */
export type LiveBitmap = Set<number> | null;

/** One disk of a model's domain. */
export interface ModelDisk {
  readonly target: string;
  /** The active image. */
  image: ModelImage;
  /** Bitmaps in QEMU's memory; null while the domain is off. */
  live: Map<string, LiveBitmap> | null;
}

/** A checkpoint that libvirt lists. */
export interface ModelCheckpoint {
  readonly name: string;
  readonly parent: string | null;
  readonly targets: readonly string[];
}

/** A backup job: QEMU's view of the one instant, until it is ended. */
export interface ModelJob {
  readonly socket: string;
  readonly point: PointId;
  /** What copy-before-write keeps: the disks as they were, by target. */
  readonly view: ReadonlyMap<string, readonly Version[]>;
  /** Blocks changed since the base; null for a full. */
  readonly dirty: ReadonlyMap<string, ReadonlySet<number> | null>;
  readonly lost: AbortController;
}

/** A domain of the model, with what a person may do to it. */
export interface ModelDomain {
  readonly uuid: DomainUuid;
  name: string;
  state: 'running' | 'paused' | 'off';
  stateReason: string;
  runningId: number | null;
  managedSave: boolean;
  /** A person saved the guest's memory, and has not started it since. */
  keepsMemory: boolean;
  /** Started paused, and never resumed: there is no guest to freeze. */
  neverRan: boolean;
  agent: ObservedDomain['agent'];
  frozen: boolean;
  disks: ModelDisk[];
  checkpoints: ModelCheckpoint[];
  job: ModelJob | null;
  foreignJob: boolean;
  /** Changes with the definition. */
  revision: number;
  /** What a person last wanted of it: to this it must come back (I11). */
  wanted: 'running' | 'paused' | 'off';
}

/** A new domain with disks of so many blocks, running. */
export function newDomain(
  uuid: DomainUuid,
  name: string,
  disks: readonly { readonly target: string; readonly blocks: number; readonly inode: number }[],
  runningId: number,
): ModelDomain {
  return {
    uuid,
    name,
    state: 'running',
    stateReason: 'booted',
    runningId,
    managedSave: false,
    keepsMemory: false,
    neverRan: false,
    agent: 'connected',
    frozen: false,
    disks: disks.map(({ target, blocks, inode }) => ({
      target,
      image: newImage(`/images/${uuid.slice(-4)}-${target}-${inode}.qcow2`, inode, blocks),
      live: new Map(),
    })),
    checkpoints: [],
    job: null,
    foreignJob: false,
    revision: 1,
    wanted: 'running',
  };
}
