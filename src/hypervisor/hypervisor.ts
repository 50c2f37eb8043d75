import type { CheckpointName, DomainUuid, PointId, RunId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedDomain, ObservedHypervisor } from '../model/observed.ts';
import type { Quiesce } from '../model/point.ts';
import type { Failure, Result, Seen } from '../model/result.ts';
import type { DrillHost } from './drill-host.ts';

/** A job that a journal says is ours: how an observed one is recognised. */
export interface KnownJob {
  readonly run: RunId;
  readonly uuid: DomainUuid;
  readonly socket: string;
}

/** One disk of a point that is to be taken. */
export interface RequestedDisk {
  readonly target: string;
  /** null: all of it. */
  readonly base: CheckpointName | null;
  /** Gets a bitmap in the new checkpoint. */
  readonly tracked: boolean;
  /** Bounded local file in which the old content of overwritten blocks is kept. */
  readonly scratch: string;
}

/** A point in time, asked of the hypervisor. Paths are the caller's, journalled before. */
export interface PointRequest {
  readonly uuid: DomainUuid;
  readonly point: PointId;
  readonly checkpoint: CheckpointName | null;
  readonly disks: readonly RequestedDisk[];
  /** Disks of the domain that are left out. */
  readonly excluded: readonly string[];
  /** Unix socket of the export. Its directory is of this point alone: it is given to QEMU's user. */
  readonly socket: string;
  /** All scratch files together; null for no limit but the file system's. */
  readonly scratchLimitBytes: number | null;
  readonly quiesce: 'required' | 'try' | 'never';
  readonly agentSeconds: number;
  readonly signal: AbortSignal;
}

/** How one disk of an open point is read. XenServer will add a stream. */
export interface ExportedDisk {
  readonly kind: 'nbd';
  readonly target: string;
  readonly socket: string;
  readonly exportName: string;
  /** Metadata context of the changed blocks; null for a full. */
  readonly dirtyContext: string | null;
}

/** A point in time that is held open by the hypervisor until it is ended. */
export interface OpenPoint {
  readonly frozenAt: Instant;
  readonly quiesce: Quiesce;
  readonly disks: readonly ExportedDisk[];
  /** The definition of the new checkpoint without the embedded domain; null without one. */
  readonly checkpointXml: string | null;
  /** Aborted as soon as the point is lost: the job died, the scratch filled. Its reason is a `Failure`. */
  readonly lost: AbortSignal;
  /**
   * Ends the point after the last byte was read. A success says that the same
   * job was there to the end; then, and only then, what was read may count.
   */
  end(): Promise<Result<void, Failure>>;
  /** Ends the point and drops its tentative checkpoint. Succeeds only if both are gone. */
  abandon(): Promise<Result<void, Failure>>;
}

/** The definitions of a domain, with secrets: for files of mode 0600 only (I12). */
export interface Definitions {
  readonly inactive: string;
  readonly live: string | null;
}

/** What is changed in a saved definition before it is defined. */
export interface DefinitionChanges {
  readonly name: string;
  readonly uuid: DomainUuid;
  readonly newMacs: boolean;
  readonly disks: readonly {
    readonly target: string;
    readonly path: string;
    readonly kind: 'file' | 'block';
    readonly format: 'qcow2' | 'raw';
  }[];
  /** New file of the UEFI variables; null where there are none, or none were saved. */
  readonly nvram: string | null;
}

/** What Holdfast asks of a hypervisor. libvirt is one; XenServer (snapshot, then export) is to fit. */
export interface Hypervisor {
  /** Everything, in a number of processes that does not grow with the number of domains. */
  observe(jobs: readonly KnownJob[]): Promise<Seen<ObservedHypervisor>>;
  /** One domain, as `observe` would see it now; null if it is gone. */
  look(uuid: DomainUuid, jobs: readonly KnownJob[]): Promise<Seen<ObservedDomain | null>>;

  begin(request: PointRequest): Promise<Result<OpenPoint, Failure>>;

  /** Starts a domain that is off, paused, and says its running id. Refuses a managed save. */
  startPaused(uuid: DomainUuid): Promise<Result<{ readonly runningId: number }, Failure>>;
  /** Stops a domain that we started, if it is still that one and still paused; else leaves it. */
  stopStarted(
    uuid: DomainUuid,
    runningId: number | null,
  ): Promise<Result<'stopped' | 'left-running' | 'already-off', Failure>>;
  thaw(uuid: DomainUuid, agentSeconds: number): Promise<Result<void, Failure>>;
  /** Aborts a backup job if it is the one of that socket; `gone` if there is none, `foreign` if it is another. */
  abortJob(
    uuid: DomainUuid,
    socket: string,
  ): Promise<Result<'aborted' | 'gone' | 'foreign', Failure>>;

  /** Drops a checkpoint of ours and its bitmaps; a success means that a new look finds neither. */
  dropCheckpoint(request: {
    readonly uuid: DomainUuid;
    readonly name: CheckpointName;
    /** Active qcow2 images with the bitmap; used when the domain is off. */
    readonly images: readonly string[];
  }): Promise<Result<void, Failure>>;
  redefineCheckpoint(uuid: DomainUuid, checkpointXml: string): Promise<Result<void, Failure>>;

  definitions(uuid: DomainUuid): Promise<Result<Definitions, Failure>>;
  /** Copies UEFI variables (`nvram.fd`) and TPM state (`tpm.tar`) into a directory; the names of files made. */
  copyFirmware(
    uuid: DomainUuid,
    directory: string,
  ): Promise<Result<readonly { readonly file: string; readonly note: string | null }[], Failure>>;

  /** A saved definition made fit for its new place. */
  adaptDefinition(xml: string, changes: DefinitionChanges): Result<string, Failure>;
  define(xml: string): Promise<Result<{ readonly uuid: DomainUuid }, Failure>>;
  /** Forgets a definition, and the metadata of its checkpoints; never its images. */
  undefine(uuid: DomainUuid): Promise<Result<void, Failure>>;
  start(uuid: DomainUuid): Promise<Result<void, Failure>>;
  /**
   * Asks the guest to shut down and waits; pulls the plug only after the time
   * is over. A signal ends the waiting (`canceled`): then no plug is pulled.
   */
  powerOff(
    uuid: DomainUuid,
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<Result<void, Failure>>;

  /** Boots points to see whether they can be; left out where the hypervisor cannot. */
  readonly drills?: DrillHost;
}
