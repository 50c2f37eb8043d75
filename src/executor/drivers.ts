import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { Mirror } from '../mirror/mirror.ts';
import type { StoreRef } from '../model/action-base.ts';
import type { MirrorRef } from '../model/copy-action.ts';
import type { Instant } from '../model/instant.ts';
import type { Failure, Result } from '../model/result.ts';
import type { Store } from '../store/store.ts';
import type { FileChecks } from './file-checks.ts';
import type { HostFiles } from './host-files.ts';
import type { HostJournals } from './host-journals.ts';
import type { ImageReader } from './image-reader.ts';
import type { PointImages } from './point-images.ts';

/** All that the executor works with: the drivers, and where on this host it may write. */
export interface Drivers {
  readonly hypervisor: Hypervisor;
  /** Opens a store and checks that its marker has the id of the reference. */
  readonly openStore: (ref: StoreRef) => Result<Store, Failure>;
  readonly createStore: (ref: StoreRef, at: Instant) => Result<void, Failure>;
  /** Opens a mirror's copies of one store; starts nothing. */
  readonly openMirror: (ref: MirrorRef) => Result<Mirror, Failure>;
  readonly images: ImageReader;
  readonly pointImages: PointImages;
  readonly checks: FileChecks;
  readonly journals: HostJournals;
  readonly files: HostFiles;
  readonly clock: () => Instant;
  /** `holdfast 0.1.0`: written into manifests. */
  readonly tool: string;
  readonly host: string;
  /** Who asked for the run, for holds: a user's name. */
  readonly who: string;
  /** Local, for what QEMU saves of overwritten blocks; made 0711 if it is missing. */
  readonly scratchDir: string;
  /** For all scratch files of one domain together; null for the file system's limit alone. */
  readonly scratchLimitBytes: number | null;
  /** Programs that drills may ask, by the names of the host file; none if left out. */
  readonly drillScripts?: Readonly<Record<string, readonly [string, ...string[]]>>;
  /** Sockets: a short path (a unix socket's is limited to 107 bytes). */
  readonly runtimeDir: string;
}

/** Limits of one store, from its policy. */
export interface StoreLimits {
  /** Backups at once. */
  readonly jobs: number;
  /** For all of them together; null for no limit. */
  readonly rateBytesPerSecond: number | null;
  /** Space that a backup may never eat (G407). */
  readonly reserveBytes: number;
}
