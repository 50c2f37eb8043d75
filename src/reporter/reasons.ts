import { backupReasons } from './backup-reasons.ts';
import { domainReasons } from './domain-reasons.ts';
import { repairReasons } from './repair-reasons.ts';
import type { SentenceTable } from './sentence.ts';

/** Every code of a `Reason`: why something is done, not done, or kept. */
export const reasons: SentenceTable = { ...backupReasons, ...repairReasons, ...domainReasons };
