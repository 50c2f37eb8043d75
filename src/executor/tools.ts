import type { RateLimit } from '../image/rate-limit.ts';
import type { StoreRef } from '../model/action.ts';
import type { DomainUuid, RunId } from '../model/identity.ts';
import type { OpenIntent, ObservedDomain } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import type { Failure, Result, Seen } from '../model/result.ts';
import type { Store } from '../store/store.ts';
import type { Drivers, StoreLimits } from './drivers.ts';

/** The journal as one action sees it. */
export interface ActionLog {
  /** Noted and fsynced before a change is made: on the host, and in the store that it is made to; null for a mirror. */
  step(step: string, path: string | null, store: StoreRef | null): Result<void, Failure>;
  /** Noted and fsynced before a side effect on a domain. */
  open(intent: OpenIntent): Result<void, Failure>;
  /** What the intent announced is undone or complete. Where that cannot be noted, it is told, and the next plan sees it open. */
  close(kind: OpenIntent['kind']): Result<void, Failure>;
  warn(failure: Failure): void;
  progress(doneBytes: number, totalBytes: number | null): void;
}

/** What an action is done with. */
export interface Tools {
  readonly drivers: Drivers;
  readonly plan: Plan;
  readonly run: RunId;
  /** Unique in the run: the name of the action's socket and scratch directories. */
  readonly number: number;
  readonly hypervisor: { readonly kind: string; readonly version: string };
  readonly log: ActionLog;
  /** One domain as it is now; while all preconditions are checked, as it was just before. */
  look(uuid: DomainUuid): Promise<Seen<ObservedDomain | null>>;
  /** Every image path of every domain: none of them is moved or deleted (G213). */
  imagePaths(): Promise<Seen<readonly string[]>>;
  /** Opens a store: its marker is looked at each time, for a disk can be unmounted meanwhile. */
  store(ref: StoreRef): Result<Store, Failure>;
  limits(store: Pick<StoreRef, 'name'>): StoreLimits;
  /** Shared by all copies into the store; null for no limit. */
  rateLimit(store: StoreRef): RateLimit | null;
  /** Notes in a dead run's journal that what it left of this kind is handled. */
  dismiss(run: RunId, uuid: DomainUuid, kind: OpenIntent['kind']): Promise<Result<void, Failure>>;
  readonly signal: AbortSignal;
  /** When copies to mirrors end for the sake of the next backups; its reason is a `Failure`. */
  copySignal(): AbortSignal;
}
