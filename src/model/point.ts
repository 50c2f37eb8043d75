import type { ChainId, CheckpointName, DomainUuid, PointId, StoreId } from './identity.ts';
import type { Instant } from './instant.ts';

/** Whether a disk or a point stands alone, or needs its parent. */
export type Level = 'full' | 'increment';

/** What tells one source image from another, whatever its path is called. */
export interface SourceIdentity {
  readonly kind: 'file' | 'block' | 'network';
  /** Absolute path, or URI of a network disk. */
  readonly path: string;
  /** st_dev of a file. */
  readonly device: number | null;
  /** st_ino of a file. */
  readonly inode: number | null;
  /** `/dev/disk/by-id` name or WWN of a block device. */
  readonly stableId: string | null;
  readonly format: string;
  readonly serial: string | null;
}

/** How the guest was when the point was taken. */
export interface Quiesce {
  readonly done: boolean;
  /** Kebab-case: frozen, no-agent, agent-timeout, freeze-failed, not-asked, off, paused. */
  readonly code: string;
  /** How long the guest's file systems were frozen. */
  readonly frozenMilliseconds: number | null;
}

/** One image of a point. */
export interface ManifestDisk {
  /** libvirt's target, `vda`. */
  readonly target: string;
  readonly source: SourceIdentity;
  /** Virtual size. */
  readonly sizeBytes: number;
  /** File name in the point's directory. */
  readonly file: string;
  readonly level: Level;
  /** Relative path to the parent's image, as in the qcow2 header; null for a full. */
  readonly backing: string | null;
  readonly fileBytes: number;
  /** Guest bytes that the image holds as data (zeros and holes not counted). */
  readonly dataBytes: number;
  readonly sha256: string;
  /** Whether the checkpoint of the point has a bitmap on this disk (never on raw). */
  readonly tracked: boolean;
}

/** A file of a point other than its images: definitions, checkpoint, NVRAM, TPM. */
export interface ManifestFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** `point.json`: one restore point of one domain, schema point.v1. */
export interface Manifest {
  readonly formatVersion: 1;
  readonly store: StoreId;
  readonly domain: { readonly uuid: DomainUuid; readonly name: string };
  readonly chain: ChainId;
  readonly point: PointId;
  readonly parent: PointId | null;
  readonly sequence: number;
  readonly level: Level;
  /** The instant that the images show: freeze or begin of the job. */
  readonly frozenAt: Instant;
  readonly publishedAt: Instant;
  readonly tool: string;
  readonly policy: { readonly digest: string; readonly commit: string | null };
  readonly hypervisor: { readonly kind: string; readonly version: string; readonly host: string };
  /** What the domain was doing. */
  readonly power: 'running' | 'paused' | 'off';
  readonly quiesce: Quiesce;
  readonly checkpoint: CheckpointName | null;
  readonly definitionDigest: string;
  readonly disks: readonly ManifestDisk[];
  readonly excluded: readonly { readonly target: string; readonly code: string }[];
  readonly files: readonly ManifestFile[];
  /** Free text of `--note`. */
  readonly note: string | null;
}

/** `hold.json` in a chain or a point: forbids deleting it, whatever the policy says. */
export interface Hold {
  readonly formatVersion: 1;
  readonly who: string;
  readonly at: Instant;
  readonly reason: string;
}

/** `closed.json` in a chain: why no point may be added to it any more. */
export interface ChainClosed {
  readonly formatVersion: 1;
  readonly at: Instant;
  readonly code: 'restored' | 'untracked';
}

/** What `stat` says of an image; equal in everything means unchanged. */
export interface ImageStat {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly sizeBytes: number;
  /** Nanoseconds since 1970, as decimal text: a number would lose digits. */
  readonly mtimeNs: string;
  readonly ctimeNs: string;
}

/** `seen.json` in a domain's directory: its images after the newest point, when it was off. No proof of anything else. */
export interface LastLook {
  readonly formatVersion: 1;
  readonly point: PointId;
  readonly at: Instant;
  readonly images: readonly ImageStat[];
}
