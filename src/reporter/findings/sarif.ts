import type { Finding } from '../../model/finding.ts';
import { printable } from '../printable.ts';
import { fingerprints } from './fingerprints.ts';

// GitHub takes 25,000 results of a run and shows 5,000 of them.
const maxResults = 5_000;

/**
 * Findings as SARIF 2.1.0 (OASIS), for code scanning: one run, a rule for each
 * code, errors first where there are more than are ever shown.
 */
export function renderSarif(findings: readonly Finding[], tool: string): string {
  const errorsFirst = [
    ...findings.filter(({ severity }) => severity === 'error'),
    ...findings.filter(({ severity }) => severity === 'warning'),
  ];
  const shown = errorsFirst.slice(0, maxResults);
  const left = errorsFirst.length - shown.length;
  const rules = [...new Map(shown.map(({ code, help }) => [code, help]))];
  const known = fingerprints(shown);
  const run = {
    tool: {
      driver: {
        name: 'holdfast',
        fullName: tool,
        rules: rules.map(([id, help]) => ({
          id,
          shortDescription: { text: firstSentence(help) },
          fullDescription: { text: help },
        })),
      },
    },
    columnKind: 'utf16CodeUnits',
    results: shown.map((finding, index) => ({
      ruleId: finding.code,
      ruleIndex: rules.findIndex(([id]) => id === finding.code),
      level: finding.severity,
      message: { text: printable(finding.message) },
      locations: locations(finding),
      partialFingerprints: { 'holdfast/v1': known[index] },
    })),
    ...(left === 0 ? {} : { properties: { resultsLeftOut: left } }),
  };
  const log = {
    $schema:
      'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [run],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function locations({ place }: Finding): readonly object[] {
  if (place === null) return [];
  const { file, line, column, endColumn } = place;
  // A URI reference: of a path, all but the slashes is quoted.
  const uri = file.split('/').map(encodeURIComponent).join('/');
  const end = endColumn === null || endColumn <= column ? {} : { endColumn };
  return [
    {
      physicalLocation: {
        artifactLocation: { uri: file.startsWith('/') ? `file://${uri}` : uri },
        region: { startLine: line, startColumn: column, ...end },
      },
    },
  ];
}

const firstSentence = (text: string): string => /^.*?[.:](?=\s|$)/.exec(text)?.[0] ?? text;
