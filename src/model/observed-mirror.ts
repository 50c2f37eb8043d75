import type { ChainId, DomainUuid, PointId, StoreId } from './identity.ts';
import type { Instant } from './instant.ts';
import type { ObservedChain } from './observed-store.ts';

/** A point that was deleted at a mirror: its manifest is hidden, its data still there until it is purged. */
export interface ObservedDeletedPoint {
  readonly chain: ChainId;
  /** Directory of the point below its chain. */
  readonly pointDirectory: string;
  /** Of a hidden manifest that cannot be read: the stamp of its directory and zeros. */
  readonly id: PointId;
  readonly sequence: number;
  /** Bytes of all its files: what a purge frees. */
  readonly bytes: number;
  /** By the clock of the host that deleted it; null when its `deleted.json` cannot be read, so that nobody knows. */
  readonly deletedAt: Instant | null;
  /** Only when held, or its chain is: a purge refuses. */
  readonly held?: true;
}

/** Data without a manifest: a copy under way, or one that was interrupted and will be resumed. Never a point. */
export interface ObservedPartialCopy {
  readonly chain: ChainId;
  readonly pointDirectory: string;
  /** Bytes that are there already. */
  readonly bytes: number;
}

/** The copies of one domain's directory. */
export interface ObservedMirrorDirectory {
  /** Name below `domains/`, the same as in the store. */
  readonly directory: string;
  readonly uuid: DomainUuid;
  /** The name in the newest readable manifest. */
  readonly name: string;
  /**
   * Oldest first, only chains with a point whose manifest is there. A point with a
   * missing or short file, a bad manifest or a bad parent has its `fault`, as in a store.
   */
  readonly chains: readonly ObservedChain[];
  /** By chain and sequence. */
  readonly deleted: readonly ObservedDeletedPoint[];
  /** By chain and sequence. */
  readonly partial: readonly ObservedPartialCopy[];
}

/** One store's copies at a mirror, `<root>/<store id>/…`. */
export interface ObservedMirrorContent {
  readonly store: StoreId;
  /**
   * `blank`: nothing was ever copied here, and this host remembers no copy: the first copy may begin.
   * `ready`: our marker is there, and it is the one that this host remembers, if it remembers one.
   */
  readonly kind: 'blank' | 'ready';
  /** By name. A directory with nothing but partial copies of an unknown domain is counted as foreign. */
  readonly directories: readonly ObservedMirrorDirectory[];
  /** Free bytes at the far end; null where nobody can tell (any rclone remote, an account without a shell). */
  readonly freeBytes: number | null;
  /** Size of the file system there; only where that can be told. */
  readonly totalBytes?: number;
  /** What is ours and cannot be read, each with the reason; a fault here withholds deletions. */
  readonly unreadable: readonly {
    readonly path: string;
    readonly code: string;
    readonly message: string;
  }[];
  /** How many files and directories there are not ours: reported, never touched. */
  readonly foreign: number;
}
