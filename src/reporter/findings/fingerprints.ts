import { digestOf } from '../../model/canonical.ts';
import type { Finding } from '../../model/finding.ts';

/**
 * A name for each finding that stays when lines move: 64 hex digits, of its
 * code, file and subject. Of several that are alike the later ones are numbered.
 */
export function fingerprints(findings: readonly Finding[]): readonly string[] {
  const seen = new Map<string, number>();
  return findings.map(({ code, subject, place }) => {
    const alike = digestOf([code, place?.file ?? null, subject]);
    const count = seen.get(alike) ?? 0;
    seen.set(alike, count + 1);
    return count === 0 ? alike : digestOf([alike, count]);
  });
}
