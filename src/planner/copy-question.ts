import type { Backup } from '../model/backup-action.ts';
import type { DesiredDomain } from '../model/desired.ts';
import type { ChainId } from '../model/identity.ts';
import type { ObservedMirrorDirectory } from '../model/observed-mirror.ts';
import type { DomainSituation, MirrorSituation, Planning } from './planning.ts';
import type { RetentionRule } from './retention.ts';

/** One domain of the policy and one of its mirrors, which can be looked at. */
export interface CopyQuestion {
  readonly planning: Planning;
  readonly domain: DomainSituation;
  readonly desired: DesiredDomain;
  readonly mirror: MirrorSituation;
  /** Name below `domains/`, the same on both sides. */
  readonly directory: string;
  readonly there: ObservedMirrorDirectory | null;
  /** Its point is copied too; null when none comes, or a guard blocks it. */
  readonly backup: Backup | null;
  /** The backup's id, blocked or not: no deletion without it (G208). */
  readonly backupId: string | null;
  /** The mirror's own. */
  readonly rule: RetentionRule;
  /** The chain that the next increment is added to, after this plan. */
  readonly tip: { readonly chain: ChainId } | null;
}
