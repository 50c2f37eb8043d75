import type { HideCopies } from '../model/copy-action.ts';
import type { ChainId } from '../model/identity.ts';
import type { CopyDecision, CopyDecisions } from './copy-decision.ts';
import { copyRetention, type CopyRetention } from './copy-deletions.ts';

/** What the mirrors' own retention lets go, of all domains. */
export interface RetainedCopies {
  readonly hides: readonly HideCopies[];
  /** By mirror, then uuid: what the next memory knows of. */
  readonly doomed: Readonly<Record<string, Readonly<Record<string, readonly ChainId[]>>>>;
  /** Each decision with what retention says of it, for the notes. */
  readonly byDecision: readonly (readonly [CopyDecision, CopyRetention])[];
}

/** Judges the copies of all domains at all their mirrors. */
export function retainCopies(copies: CopyDecisions): RetainedCopies {
  const doomed: Record<string, Record<string, readonly ChainId[]>> = {};
  const byDecision = [...copies.values()].map((decision) => {
    const retention = copyRetention(decision);
    const { domain, mirror } = decision;
    if (retention.doomed.length > 0 && domain.unseen === null) {
      doomed[mirror.name] = { ...doomed[mirror.name], [domain.uuid]: retention.doomed };
    }
    return [decision, retention] as const;
  });
  return { hides: byDecision.flatMap(([, { hides }]) => hides), doomed, byDecision };
}
