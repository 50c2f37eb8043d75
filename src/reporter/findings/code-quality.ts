import type { Finding } from '../../model/finding.ts';
import { printable } from '../printable.ts';
import { fingerprints } from './fingerprints.ts';

/**
 * Findings as GitLab's code quality report: a merge request shows those that
 * its branch adds or mends. GitLab wants a file for each, so that a finding
 * without one stands at the first line of `file`.
 */
export function renderCodeQuality(findings: readonly Finding[], file: string): string {
  const known = fingerprints(findings);
  const issues = findings.map(({ code, severity, message, place }, index) => ({
    description: printable(message),
    check_name: code,
    fingerprint: known[index],
    severity: severity === 'error' ? 'major' : 'minor',
    location: { path: printable(place?.file ?? file), lines: { begin: place?.line ?? 1 } },
  }));
  return `${JSON.stringify(issues, null, 2)}\n`;
}
