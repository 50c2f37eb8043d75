import type { Failure, Result } from '../model/result.ts';
import type { Transferred } from './mirror.ts';

/** Something below `<root>/<store>`. Directories are not listed: object storage has none. */
export interface FarFile {
  /** Relative to what was listed. */
  readonly path: string;
  readonly kind: 'file' | 'symlink' | 'other';
  readonly bytes: number;
  /** Changes whenever the content does: a time, in whatever form. */
  readonly version: string;
}

export interface FarListing {
  /** Whether the directory is there. Object storage has none without a file in it. */
  readonly present: boolean;
  readonly files: readonly FarFile[];
  readonly freeBytes: number | null;
  /** Size of the file system, where it can be told. */
  readonly totalBytes?: number;
}

/** What a file that travels must be, as its manifest has it. */
export interface ExpectedFile {
  readonly bytes: number;
  /** null: not compared on the way. */
  readonly sha256: string | null;
}

/** Files that travel, by paths below both sides. */
export interface Transfer {
  /** Absolute, local. */
  readonly local: string;
  /** Below the mirror's root. */
  readonly far: string;
  readonly paths: readonly string[];
  readonly compare: 'quick' | 'content';
  /** By path, where it is known: `hash-differs` when one was found to be something else on its way. */
  readonly expected?: ReadonlyMap<string, ExpectedFile>;
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * What a kind of mirror can do, below its root; `mirror-of.ts` makes a `Mirror`
 * of it. Paths are relative, of pattern-checked names, without newlines. Each
 * call is one process, where nothing else is said.
 */
export interface FarEnd {
  readonly target: string;
  /** The root, when it is a directory of this host. */
  readonly localRoot: string | null;
  /** All files below a directory. `mirror-missing` when the root is not there, where there is such a thing as a root. */
  list(below: string, signal: AbortSignal): Promise<Result<FarListing, Failure>>;
  /** Names of directories in the root. */
  directories(signal: AbortSignal): Promise<Result<readonly string[], Failure>>;
  /** Fetches small files; those that are not there are not here afterwards either. */
  pullSmall(transfer: Transfer): Promise<Result<void, Failure>>;
  /** Sends data: missing and differing files, parts are gone on with. */
  push(transfer: Transfer): Promise<Result<Transferred, Failure>>;
  /** Sends small files, in the order of their names, each whole or not at all; never in place of one that is there. */
  pushNew(transfer: Transfer): Promise<Result<Transferred, Failure>>;
  /** Fetches data, as `push` sends it. `file-missing` when one is not there. */
  pull(transfer: Transfer): Promise<Result<Transferred, Failure>>;
  /** SHA-256 by path, of the files that could be read. A second process where the remote makes no such hashes. */
  hash(request: {
    readonly far: string;
    readonly paths: readonly string[];
    readonly onPath: (path: string) => void;
    /** Of data that are read to be hashed here; null for no limit beside the mirror's own. */
    readonly rateBytesPerSecond: number | null;
    readonly signal: AbortSignal;
  }): Promise<
    Result<
      { readonly hashes: ReadonlyMap<string, string>; readonly at: 'far-end' | 'here' },
      Failure
    >
  >;
  /** Renames in that order; what is renamed already is a success. rclone: a process each. */
  rename(
    far: string,
    renames: readonly { readonly from: string; readonly to: string }[],
    signal: AbortSignal,
  ): Promise<Result<void, Failure>>;
  /**
   * Removes files, phase by phase, then those of the directories that are empty, in that
   * order; what is not there is a success. rclone: a process a phase.
   */
  remove(
    far: string,
    phases: readonly (readonly string[])[],
    directories: readonly string[],
    signal: AbortSignal,
  ): Promise<Result<void, Failure>>;
}
