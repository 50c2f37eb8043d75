import type { ChainId, StoreId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedMirrorContent } from '../model/observed-mirror.ts';
import type { Hold, Manifest } from '../model/point.ts';
import type { Failure, Result, Seen } from '../model/result.ts';
import type { Depth } from '../model/verification.ts';

/**
 * Codes of a mirror's failures, stable:
 * - `mirror-unreachable`: no network, no ssh, no such host, time-out, connection lost;
 * - `host-key-unknown`: ssh does not know the far end, or it has changed its key;
 * - `permission`: the far end refuses us, to log in or to read or write there;
 * - `mirror-full`: no space or quota left;
 * - `mirror-missing`: the root directory (or the remote of rclone) is not there;
 * - `mirror-lost`: this host knows a mirror there, and its marker is missing or another one;
 * - `conflict`: another point, hold or mirror is where ours should be;
 * - `not-a-point`: what is asked for has no manifest there, or one that cannot be read;
 * - `hash-differs`: a file in the store is not what its manifest says (not every way of copying notices), or it is not there after it was sent;
 * - `file-missing`: a file that a manifest names is not there;
 * - `held`: a hold forbids it;
 * - `deletes-never`: the policy gives this source no right to delete there; no process was started;
 * - `canceled`: the signal was aborted, or what its reason says;
 * - `not-supported`: the far end, or the program here, cannot do that;
 * - `bad-target`, `bad-path`: a setting or name that is never passed on;
 * - `mirror-failed`: anything else, with the program's own last line.
 */
export type MirrorFailure = Failure;

/** What each call takes: it ends soon after the signal is aborted, with `canceled` or the reason's failure. */
interface Stoppable {
  readonly signal: AbortSignal;
}

/** Several points of one chain. */
export interface PointsOfChain extends Stoppable {
  /** Name below `domains/`. */
  readonly directory: string;
  readonly chain: ChainId;
  /** Directories of points below the chain, any order, at least one. */
  readonly pointDirectories: readonly string[];
}

/** Points of one chain that go from a store to the mirror. */
export interface CopyRequest extends PointsOfChain {
  /** Absolute path of the store (local, read only). */
  readonly storePath: string;
  /**
   * `quick`: a file of the same size and time there is taken for the same. `content`:
   * every byte is compared, or sent again where it cannot be: this is how a copy that
   * `verify` found bad is healed from the store.
   */
  readonly compare: 'quick' | 'content';
  /** By point directory: of these points only these files, beside their manifests; all of those that are not named. */
  readonly only?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Hears of further bytes sent, about each second; the sum is near the bytes of all files that travelled. */
  readonly onBytes: (bytes: number) => void;
}

/** What a copy or a fetch did. */
export interface Transferred {
  /** Files and bytes that travelled; 0 of both when everything was there. */
  readonly files: number;
  readonly bytes: number;
  /**
   * `synced`: the receiving side has fsynced every file before the call returned.
   * `unknown`: it could not be asked to (an old rsync; any rclone remote).
   */
  readonly durability: 'synced' | 'unknown';
}

/** Points of one chain that come back from the mirror. */
export interface FetchRequest extends PointsOfChain {
  /** Absolute path of a local directory that is there; it becomes `<into>/<point directory>/…`. */
  readonly into: string;
  /** `<point directory>/<file>`: only these files, beside the manifests; all if left out. */
  readonly only?: ReadonlySet<string>;
  readonly onBytes: (bytes: number) => void;
}

export interface Fetched extends Transferred {
  /** By sequence; each is also written to `<into>/<point directory>/point.json`, after its data. */
  readonly manifests: readonly Manifest[];
}

/** Points of one chain whose bytes are compared. */
export interface CheckRequest extends PointsOfChain {
  readonly onBytes: (bytes: number) => void;
  /** For data that have to come here to be hashed, beside the mirror's own limit; none if left out. */
  readonly rateBytesPerSecond?: number | null;
}

/** A file that is not what its manifest says. `file-missing` includes one that cannot be read. */
export interface BadFile {
  readonly file: string;
  readonly code: 'hash-differs' | 'file-missing';
}

/** What the hashes say of one point. */
export interface CheckedCopy {
  readonly pointDirectory: string;
  readonly manifest: Manifest;
  /** Empty: every byte is as in the manifest. */
  readonly bad: readonly BadFile[];
}

/** What a verification found. */
export interface Verified {
  /** By sequence. */
  readonly points: readonly CheckedCopy[];
  /** Where the hashes were made: at the far end, or here of data that was fetched for that. */
  readonly hashedAt: 'far-end' | 'here';
  readonly bytes: number;
}

/** What a check found of one copy, to be noted beside it. `files`: those that are not what the manifest says. */
export type CopyNote = { readonly pointDirectory: string; readonly at: Instant } & (
  | { readonly result: 'sound'; readonly depth: Depth }
  | {
      readonly result: 'damaged';
      readonly code: string;
      readonly message: string;
      readonly files: readonly string[];
    }
);

/** Notes on copies of one chain, at most one a point. */
export interface NotesOfChain extends Stoppable {
  readonly directory: string;
  readonly chain: ChainId;
  readonly notes: readonly CopyNote[];
}

/** A chain (`pointDirectory` null) or one point of it. */
export interface HeldThing extends Stoppable {
  readonly directory: string;
  readonly chain: ChainId;
  readonly pointDirectory: string | null;
}

/**
 * One store's copies at one mirror: `<root>/<store id>/domains/<directory>/<chain>/<point directory>/…`,
 * the same files as in the store. A point is there when its manifest is; data go first, manifests last.
 * Nothing outside `<root>/<store id>` is ever touched.
 */
export interface Mirror {
  /** Name in the policy, for messages. */
  readonly name: string;
  readonly store: StoreId;
  /** Absolute path of this store's copies when the mirror is a directory of this host (a drill reads it there); else null. */
  readonly localPath: string | null;

  /**
   * Looks: one or two processes whatever the number of points. Manifests and marks
   * that have not changed since the last look of this host do not travel again.
   * Unseen is not empty: any error, a root that is not there and a marker that is lost are `unseen`.
   */
  observe(request: Stoppable): Promise<Seen<ObservedMirrorContent>>;

  /**
   * Copies points of one chain. Only files that are missing or differ travel; what an interrupted
   * copy has left is gone on with. Closed and held chains and points are so there too, before
   * the manifest is; a hold that is there already stays as it is. A quarantine goes with a point
   * whose manifest is not there yet; one that was there already, of a copy that was deleted, ends before the manifest comes
   * back: all its files are compared, sent again where they differ, and read again (`hash-differs` if that was in vain). The caller sees to it that parents are there or in the same request.
   * The first copy writes the marker. Refuses (`conflict`) before any data when a manifest there has another content.
   */
  copy(request: CopyRequest): Promise<Result<Transferred, MirrorFailure>>;

  /** Compares every file of the points with the hashes in the manifests at the mirror. A bad file is a finding, not a failure. */
  verify(request: CheckRequest): Promise<Result<Verified, MirrorFailure>>;

  /**
   * Notes what checks found, beside each copy: `checked.json` of a sound one, and after a check of every
   * byte its quarantine ends; `quarantine.json` of a damaged one, which then counts for nothing in any look of any
   * host. What is not there any more is left out. Not a deletion: `deletes: never` does not forbid it.
   */
  note(request: NotesOfChain): Promise<Result<void, MirrorFailure>>;

  /**
   * Brings points back. Files that are there with size and time of the mirror's stay, parts are gone on with.
   * Sizes are checked against the manifests; hashes are the caller's to check.
   */
  fetch(request: FetchRequest): Promise<Result<Fetched, MirrorFailure>>;

  /**
   * Deletes points, newest first: `deleted.json` is written and the manifest renamed to
   * `point.deleted.json`; the data stay till `purge`. Refuses all when one is held or its chain is.
   * A point that is hidden already is a success. `at` is the instant that `deletedAt` will say.
   */
  hide(request: PointsOfChain & { readonly at: Instant }): Promise<Result<void, MirrorFailure>>;

  /**
   * Removes for good what is hidden or partial, newest first, data before the hidden manifest; directories
   * that are empty then, too. Refuses all when one has its manifest (`conflict`) or is held. What is gone already is a success.
   */
  purge(request: PointsOfChain): Promise<Result<void, MirrorFailure>>;

  /** Forbids deletion there. `conflict` when somebody else's hold is there. */
  hold(request: HeldThing & { readonly hold: Hold }): Promise<Result<void, MirrorFailure>>;

  /** Lets go of a hold there; a success too if there is none. Not a deletion: `deletes: never` does not forbid it. */
  release(request: HeldThing): Promise<Result<void, MirrorFailure>>;
}

/** A mirror's root, where the copies of many stores and hosts can lie side by side. */
export interface MirrorPlace {
  readonly name: string;
  /** As in the policy, for people. */
  readonly target: string;
  /** Ids of the stores that have a directory there, sorted: for a restore without the local store. */
  stores(request: Stoppable): Promise<Seen<readonly StoreId[]>>;
  /** One store's copies; starts no process. */
  of(store: StoreId): Mirror;
}

/** What every kind of mirror is opened with. */
export interface MirrorSettings {
  readonly name: string;
  /** rsync: `/path` or `[user@]host:/path`. rclone: `remote:path`. */
  readonly target: string;
  /** For all copies to and from it; null for no limit. */
  readonly bandwidthBytesPerSecond: number | null;
  /** `never`: `hide` and `purge` are refused before any process is started. */
  readonly deletes: 'allowed' | 'never';
  /** Directory of the host's own state: cached manifests and remembered markers are below `<stateDir>/mirrors/`. */
  readonly stateDir: string;
}

/** How ssh reaches the far end. Host keys are always checked, and nothing is ever asked. */
export interface SshSettings {
  /** Absolute paths; null: ssh's own defaults. */
  readonly identityFile: string | null;
  readonly knownHosts: string | null;
  readonly port: number | null;
}

/** `openRsync` in rsync.ts: fails with `bad-target` or `not-supported` (a daemon's `host::module`), without IO. */
export type OpenRsync = (
  settings: MirrorSettings & { readonly ssh: SshSettings },
) => Result<MirrorPlace, MirrorFailure>;

/** `openRclone` in rclone.ts: fails with `bad-target`, without IO. `configFile` null: rclone's own default. */
export type OpenRclone = (
  settings: MirrorSettings & { readonly configFile: string | null },
) => Result<MirrorPlace, MirrorFailure>;
