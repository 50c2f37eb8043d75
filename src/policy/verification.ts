import {
  defaultVerifyBudget,
  type Verification,
  type VerifyBudget,
} from '../model/verification.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { WrittenStore, WrittenVerify } from './policy-file.ts';
import { durationSeconds, rateBytesPerSecond } from './quantity.ts';
import { diagnose, type Path, type Source } from './source.ts';

const daySeconds = 86_400;

/** What a rule says of checks; a word alone is what is checked before a point counts. */
export type VerifyWords = Exclude<WrittenVerify, string>;

/** What is written under `verify`, as keys. */
export function verifyWords(written: WrittenVerify | undefined): VerifyWords {
  return typeof written === 'string' ? { publish: written } : (written ?? {});
}

/** When points, or copies, are checked again; null for never. */
export function verificationOf({
  every,
  depth,
}: Pick<VerifyWords, 'every' | 'depth'>): Verification | null {
  if (every === undefined || every === 'never') return null;
  return { everySeconds: durationSeconds(every), depth: depth ?? 'hash' };
}

/** What a store or a mirror says of the cost of checks, at `path`. */
export function readBudget(
  verify: NonNullable<WrittenStore['verify']>,
  { source, path }: { readonly source: Source; readonly path: Path },
  found: Diagnostic[],
): VerifyBudget {
  const { maxTime, maxRate } = verify;
  const secondsPerDay =
    maxTime === undefined ? defaultVerifyBudget.secondsPerDay : durationSeconds(maxTime);
  if (secondsPerDay > daySeconds) {
    found.push(
      diagnose(source, [...path, 'verify', 'maxTime'], {
        code: 'HP326',
        summary: `${maxTime} is more than a day has`,
        detail: 'maxTime is the time that checks may take in any 24 hours; write at most 24h',
      }),
    );
  }
  return {
    rateBytesPerSecond:
      maxRate === undefined ? defaultVerifyBudget.rateBytesPerSecond : rateBytesPerSecond(maxRate),
    secondsPerDay,
  };
}
