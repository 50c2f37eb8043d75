import type { ActionBase, DomainRef, StoreRef } from './action-base.ts';
import type { DrillGuest, DrillWait } from './drill.ts';
import type { ChainId, PointId, RunId } from './identity.ts';

/**
 * Boots a point on overlays, as a transient machine of another name that has no network, asks whether it
 * is usable, and ends it. The domain itself and the point's images are not touched.
 */
export interface Drill extends ActionBase {
  readonly kind: 'drill';
  readonly domain: DomainRef;
  /** Where the result is noted. */
  readonly store: StoreRef;
  readonly directory: string;
  readonly chain: ChainId;
  readonly point: PointId;
  readonly sequence: number;
  readonly pointDirectory: string;
  /** The mirror in a directory of this host whose copy is booted; null: the store's own point. */
  readonly from: { readonly mirror: string; readonly path: string } | null;
  readonly wait: DrillWait;
  /** TCP port, with `wait` port. */
  readonly port: number | null;
  /** From the start of the machine to its answer. */
  readonly timeoutSeconds: number;
  /** Name of a script of the host file that is asked last; null: none. */
  readonly script: string | null;
  readonly memoryLimitBytes: number;
  /** libvirt's isolated network; null: none. */
  readonly network: string | null;
  /** Left running after its answer until somebody ends the run or shuts it down. */
  readonly keep: boolean;
}

/** Ends the machine that a dead run booted for a drill, and removes what it stood on. */
export interface EndDrill extends ActionBase {
  readonly kind: 'end-drill';
  readonly domain: DomainRef;
  readonly run: RunId;
  readonly guest: DrillGuest;
  /** Files and directories of the drill alone, which the journal of the run names. */
  readonly paths: readonly string[];
}

/** What is done for drills. */
export type DrillAction = Drill | EndDrill;
