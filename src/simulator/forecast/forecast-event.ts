import type { Backup } from '../../model/backup-action.ts';
import type { DomainUuid } from '../../model/identity.ts';

/** A point that a plan takes, a chain that it moves to the trash, or one that is removed for good. */
export type ForecastEvent =
  | {
      readonly kind: 'backup';
      readonly atMs: number;
      readonly uuid: DomainUuid;
      readonly store: string;
      readonly level: Backup['level'];
      readonly bytes: number;
      /** Codes of its reasons, without facts. */
      readonly why: readonly string[];
    }
  | {
      readonly kind: 'trash' | 'purge';
      readonly atMs: number;
      readonly uuid: DomainUuid;
      readonly store: string;
      readonly chain: string;
      readonly points: number;
      readonly bytes: number;
    };
