import type { Finding } from '../../model/finding.ts';
import { printable } from '../printable.ts';

// GitHub shows ten annotations of a kind for each step, and drops the others in silence.
const maxAnnotations = 10;

/**
 * Findings as GitHub's workflow commands, one annotation each; the tenth of a
 * kind says how many follow. Source: GitHub's "Workflow commands for GitHub Actions".
 */
export function renderAnnotations(findings: readonly Finding[]): string {
  return (['error', 'warning'] as const)
    .flatMap((severity) => {
      const those = findings.filter((one) => one.severity === severity);
      const left = those.length - maxAnnotations;
      return those.slice(0, maxAnnotations).map((one, index) => {
        const isLast = index === maxAnnotations - 1;
        return annotation(one, isLast && left > 0 ? ` (and ${left} more)` : '');
      });
    })
    .join('');
}

function annotation({ severity, code, place, message }: Finding, more: string): string {
  const properties = [
    ...(place === null
      ? []
      : [
          `file=${property(place.file)}`,
          `line=${place.line}`,
          `col=${place.column}`,
          ...(place.endColumn === null ? [] : [`endColumn=${place.endColumn}`]),
        ]),
    `title=${property(code)}`,
  ].join(',');
  return `::${severity} ${properties}::${data(message)}${more}\n`;
}

// A line end would begin the next command, and anybody's text could then be one.
const data = (text: string): string => printable(text).replaceAll('%', '%25');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
