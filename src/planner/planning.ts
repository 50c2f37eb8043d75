import type { StoreRef } from '../model/action-base.ts';
import type { MirrorRef } from '../model/copy-action.ts';
import type {
  DesiredDomain,
  DesiredMirror,
  DesiredState,
  DesiredStore,
  IgnoredDomain,
} from '../model/desired.ts';
import type { DomainUuid } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedMirrorContent, ObservedMirrorDirectory } from '../model/observed-mirror.ts';
import type { ObservedDirectory, ObservedStore, ReadyStore } from '../model/observed-store.ts';
import type { ObservedDomain, ObservedState } from '../model/observed.ts';
import type { Request } from '../model/plan.ts';
import type { Failure } from '../model/result.ts';

/** A store of the policy beside what was seen of it. */
export interface StoreSituation {
  readonly name: string;
  readonly desired: DesiredStore;
  readonly observed: ObservedStore | null;
  /** The store if it can be read as ours; null while it is blank, lost or unseen. */
  readonly ready: ReadyStore | null;
  /** Complete for actions: of a ready store, or of a blank one that this plan makes. */
  readonly ref: StoreRef | null;
  /** A blank directory that becomes a store by this plan. */
  readonly toCreate: boolean;
  /** Why nothing is written here; null when it may be. */
  readonly trouble: StoreTrouble | null;
  /** One directory a domain; a second one of the same uuid is in `doubles`. */
  readonly directories: ReadonlyMap<DomainUuid, ObservedDirectory>;
  readonly doubles: readonly ObservedDirectory[];
  /** Names below `domains/` that are in use, each by a uuid; null: by something that is not readable as ours. */
  readonly taken: ReadonlyMap<string, DomainUuid | null>;
}

export interface StoreTrouble {
  /** unseen, lost (a known store shows no marker), replaced (another store's id), read-only. */
  readonly code: 'unseen' | 'lost' | 'replaced' | 'read-only';
  readonly message: string;
}

/** The copies of one store at one mirror of the policy, beside what was seen of them. */
export interface MirrorSituation {
  readonly name: string;
  readonly desired: DesiredMirror;
  readonly store: StoreSituation;
  /** Complete for actions; null while nothing may be done: the store is in trouble, or the mirror unseen. */
  readonly ref: MirrorRef | null;
  /** What is there; null when it was not seen. Nothing, of a store that this plan makes. */
  readonly content: ObservedMirrorContent | null;
  /** Why it was not seen. */
  readonly unseen: Failure | null;
  /** A domain of the policy is copied there. */
  readonly used: boolean;
  /** By name below `domains/`. */
  readonly directories: ReadonlyMap<string, ObservedMirrorDirectory>;
}

/** A directory of a domain, and the store that it is in. */
export interface Place {
  readonly store: StoreSituation;
  readonly directory: ObservedDirectory;
}

/** Everything that is known of one domain, side by side. */
export interface DomainSituation {
  readonly uuid: DomainUuid;
  /** The hypervisor's name; of a domain that is gone, the newest manifest's. */
  readonly name: string;
  readonly address: string;
  readonly observed: ObservedDomain | null;
  /** Why it could not be seen: it, or the hypervisor. */
  readonly unseen: Failure | null;
  readonly desired: DesiredDomain | null;
  readonly ignored: IgnoredDomain | null;
  /** The store that the policy names. */
  readonly store: StoreSituation | null;
  /** Its directory there. */
  readonly directory: ObservedDirectory | null;
  /** Its directories in other stores, and in all of them if the policy does not manage it. */
  readonly elsewhere: readonly Place[];
  /** False: left out by `--target`. */
  readonly targeted: boolean;
}

/** What all parts of the planner read. */
export interface Planning {
  readonly desired: DesiredState;
  readonly observed: ObservedState;
  readonly request: Request;
  /**
   * The instant at which dueness, age and expiry are taken: `observedAt`, or in
   * the closing check of an apply the instant of the plan (I3).
   */
  readonly asOf: Instant;
  readonly asOfMs: number;
  readonly observedMs: number;
  readonly stores: readonly StoreSituation[];
  /** Each mirror with each store that is copied to it, in the order of the policy. */
  readonly mirrors: readonly MirrorSituation[];
  /** By name, then uuid. */
  readonly domains: readonly DomainSituation[];
}
