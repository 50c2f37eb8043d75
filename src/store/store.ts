import type { StoreRef } from '../model/action-base.ts';
import type { DrillRecord } from '../model/drill.ts';
import type { ChainId, DomainUuid, PointId, RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedStore, StoreMemory } from '../model/observed-store.ts';
import type { Hold, LastLook, Manifest } from '../model/point.ts';
import type { Failure, Result } from '../model/result.ts';
import type { PointCheck } from '../model/verification.ts';

/** A lock that the kernel releases when the process dies. */
export interface Lock {
  /** Pass to children that write (`stdio`), so that an orphan keeps the lock. */
  readonly descriptor: number;
  release(): void;
}

/** Why a lock was not had: who has it, for people. */
export interface Locked extends Failure {
  readonly code: 'locked';
  readonly holder: string;
}

/** A point that is being written, in its `.incoming-` directory. */
export interface IncomingPoint {
  /** Absolute path; images are written here by the caller, 0600. */
  readonly path: string;
  /** Writes a small file (definition, checkpoint): data, fsynced at publish. */
  writeFile(name: string, content: string | Buffer): Result<void, Failure>;
  /**
   * fsyncs every file, writes the manifest, renames: the one commit point.
   * After a success the point is there for ever; after a failure it is not.
   */
  publish(manifest: Manifest): Result<void, Failure>;
  /** Removes the directory. */
  discard(): Result<void, Failure>;
}

/** Where a point is. */
export interface PointPlace {
  readonly directory: string;
  readonly chain: ChainId;
  readonly pointDirectory: string;
}

/**
 * One store: the only code that knows the on-disk format. Every change checks
 * the marker's id first, is written to the store's journal by the caller's
 * `step` before it is made, and is durable (all directories fsynced) when it returns.
 */
export interface Store {
  readonly ref: StoreRef;
  /** The store's lock, for the short changes. Waits at most that long. */
  lock(waitSeconds: number): Promise<Result<Lock, Locked | Failure>>;
  /** A domain's lock, for a whole action. */
  lockDomain(uuid: DomainUuid, waitSeconds: number): Promise<Result<Lock, Locked | Failure>>;

  /**
   * Refuses if the point, or an incoming of its id, exists (precondition of the
   * action), or the chain is closed. The uuid goes into the directory's name: without it,
   * what a run leaves that dies before the domain's first point cannot be told
   * to be this domain's, and withholds deletions.
   */
  beginPoint(place: PointPlace, point: PointId, uuid?: DomainUuid): Result<IncomingPoint, Failure>;
  /** Removes an `.incoming-` directory (path below the store), only one; its chain's directory too if that is empty then. */
  discardIncoming(path: string): Result<void, Failure>;

  readManifest(place: PointPlace): Result<Manifest, Failure>;
  /**
   * The points of a chain with their places, by sequence. One whose manifest
   * cannot be read is left out, so that a damaged point does not bar the way
   * to those before it; `readManifest` and the observer say what is wrong with it.
   */
  readChain(
    directory: string,
    chain: ChainId,
  ): Result<readonly { readonly place: PointPlace; readonly manifest: Manifest }[], Failure>;

  /** Moves a chain to `.trash/<run>/<directory>/<chain>`; refuses unless exactly these points are in it and none is held. */
  trashChain(request: {
    readonly directory: string;
    readonly chain: ChainId;
    readonly uuid: DomainUuid;
    readonly points: readonly PointId[];
    readonly run: RunId;
    readonly at: Instant;
  }): Result<void, Failure>;
  /** Removes a trashed chain for good, newest point first. */
  purgeTrash(path: string, chain: ChainId): Result<void, Failure>;
  /** Puts a trashed chain back under its old path, with a hold; refuses if the path is taken. */
  restoreTrash(path: string, chain: ChainId, hold: Hold): Result<void, Failure>;

  writeHold(
    directory: string,
    chain: ChainId,
    pointDirectory: string | null,
    hold: Hold,
  ): Result<void, Failure>;
  /** Whether it has a hold of its own, whoever set it. */
  isHeld(
    directory: string,
    chain: ChainId,
    pointDirectory: string | null,
  ): Result<boolean, Failure>;
  /** Who set its own hold, when and why; null if it has none. */
  readHold(
    directory: string,
    chain: ChainId,
    pointDirectory: string | null,
  ): Result<Hold | null, Failure>;
  removeHold(
    directory: string,
    chain: ChainId,
    pointDirectory: string | null,
  ): Result<void, Failure>;
  closeChain(
    directory: string,
    chain: ChainId,
    code: 'restored' | 'untracked',
    at: Instant,
  ): Result<void, Failure>;
  /** Marks it as bad. `files`: those that are not what the manifest says, where that is known. */
  quarantine(
    place: PointPlace,
    failure: Failure,
    at: Instant,
    files?: readonly string[],
  ): Result<void, Failure>;
  /** Takes that mark away: the point was found right, every byte of it. */
  liftQuarantine(place: PointPlace): Result<void, Failure>;
  /** Notes that a check found the point sound; when a deeper one did is not forgotten. */
  writeCheck(place: PointPlace, check: Pick<PointCheck, 'at' | 'depth'>): Result<void, Failure>;
  /** The last such note; null if there is none. */
  readCheck(place: PointPlace): Result<PointCheck | null, Failure>;
  /** Notes how a drill ended, beside its point and in its domain's directory, with the picture of its screen. */
  writeDrill(
    place: PointPlace,
    drill: Omit<DrillRecord, 'screenshot'>,
    picture: Buffer | null,
  ): Result<void, Failure>;
  /** How the last drill of a point ended; null: it was never booted. */
  readDrill(place: PointPlace): Result<DrillRecord | null, Failure>;
  /** Makes the directory in which the good files of a point wait; its absolute path. What an interrupted heal left in it stays. */
  beginHeal(place: PointPlace): Result<string, Failure>;
  /** Puts one of them into its place, by one rename; its bytes were compared by the caller. */
  healFile(place: PointPlace, file: string): Result<void, Failure>;
  /** Removes that directory, with what is in it. */
  endHeal(place: PointPlace): Result<void, Failure>;
  writeLastLook(directory: string, look: LastLook): Result<void, Failure>;
  writeMemory(memory: StoreMemory): Result<void, Failure>;
}

/** How a store is looked at. */
export interface StoreQuery {
  readonly name: string;
  readonly path: string;
  readonly requireMount: boolean;
  /** Directory of the host's own state, which remembers the ids of stores: `/var/lib/holdfast`. */
  readonly stateDir: string;
}

/** Reads a store: `observeStore` in observe.ts. */
export type ObserveStore = (query: StoreQuery) => Promise<ObservedStore>;
