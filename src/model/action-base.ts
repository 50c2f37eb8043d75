import type { SourcePlace } from './desired.ts';
import type { DomainUuid, StoreId } from './identity.ts';
import type { Reason } from './reason.ts';

/** The store that an action works on, complete: the executor looks nothing up. */
export interface StoreRef {
  readonly name: string;
  readonly path: string;
  readonly id: StoreId;
}

export interface DomainRef {
  readonly uuid: DomainUuid;
  readonly name: string;
}

/** What every action says of itself. */
export interface ActionBase {
  /** Unique in its plan and the same in every plan of the same state: `backup:main:<uuid>`. */
  readonly id: string;
  /** Order: 10 repair, 20 backups, 30 mirrors, 40 restore, 50 checks, 90 deletions. */
  readonly wave: 10 | 20 | 30 | 40 | 50 | 90;
  /** `domain/NAME[/CHAIN[/SEQ]]`, the same on a mirror as `MIRROR:domain/…`, or `store/NAME`. */
  readonly address: string;
  /** Ids of actions that must have succeeded before. */
  readonly dependsOn: readonly string[];
  readonly reasons: readonly Reason[];
  /** The line of the policy that asks for it; null for repairs. */
  readonly place: SourcePlace | null;
  /** Codes of guards that block it; an action with one is shown, not done. */
  readonly blockedBy: readonly string[];
  /** Bytes written, or freed by a deletion; null when not known. */
  readonly bytes: number | null;
}
