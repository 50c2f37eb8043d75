import type { ActionBase, DomainRef, StoreRef } from './action-base.ts';
import type { PointId, RunId } from './identity.ts';

/** Ends a backup job of a run that died. */
export interface AbortJob extends ActionBase {
  readonly kind: 'abort-job';
  readonly domain: DomainRef;
  readonly run: RunId;
  readonly socket: string;
  readonly scratch: readonly string[];
}

/** Thaws a guest that a run froze and left. */
export interface ThawDomain extends ActionBase {
  readonly kind: 'thaw-domain';
  readonly domain: DomainRef;
  readonly run: RunId;
}

/** Stops a domain that a run had started paused, if it is still that one and still paused. */
export interface RestorePowerState extends ActionBase {
  readonly kind: 'restore-power-state';
  readonly domain: DomainRef;
  readonly run: RunId;
  /** null: the run died before it could note the id; then only a domain that never ran is stopped. */
  readonly runningId: number | null;
}

/** Removes an `.incoming-` directory that no living process holds. */
export interface DiscardIncoming extends ActionBase {
  readonly kind: 'discard-incoming';
  readonly store: StoreRef;
  readonly domain: DomainRef;
  readonly path: string;
  readonly point: PointId | null;
}

/** Removes what a dead run had made for its own work and nobody uses: scratch, sockets, images that never came into their place. */
export interface DiscardFiles extends ActionBase {
  readonly kind: 'discard-files';
  readonly domain: DomainRef;
  readonly run: RunId;
  /** The kind of intent that named them, and that ends with them. */
  readonly intent: 'backup-job' | 'restore-files';
  /** Files and directories that the journal of the run names, each with the run in its name. */
  readonly paths: readonly string[];
}
