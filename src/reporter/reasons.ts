import type { Reason } from '../model/reason.ts';
import { backupReasons } from './backup-reasons.ts';
import { checkReasons } from './check-reasons.ts';
import { domainReasons } from './domain-reasons.ts';
import { drillReasons } from './drill-reasons.ts';
import { guards } from './guards.ts';
import { mirrorReasons } from './mirror-reasons.ts';
import { printable } from './printable.ts';
import { repairReasons } from './repair-reasons.ts';
import { sentenceOf, type SentenceTable, type Setting } from './sentence.ts';

/** Every code of a `Reason`: why something is done, not done, or kept. */
export const reasons: SentenceTable = {
  ...backupReasons,
  ...repairReasons,
  ...mirrorReasons,
  ...checkReasons,
  ...domainReasons,
  ...drillReasons,
};

/** The sentence of a reason. A domain that a guard blocks has the guard's code for one: the guard has its own line. */
export function reasonSentence({ code, facts }: Reason, setting: Setting): string {
  return Object.hasOwn(guards, code) && !Object.hasOwn(reasons, code)
    ? `guard ${printable(code)}`
    : sentenceOf(reasons, code, facts, setting);
}
