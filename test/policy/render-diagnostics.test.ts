import { describe, expect, it } from 'vitest';
import {
  countDiagnostics,
  diagnosticsReport,
  renderDiagnostics,
} from '../../src/policy/render-diagnostics.ts';
import { badPolicy } from './reading.ts';

const text = `version: 1
stores: { main: { path: /backups } }
schedules: { nightly: "0 2 * * *" }
defaults: { schedule: nightly }
domains:
  - match: "*"
    retenton: standard
  - match: "web-*"
`;
const found = badPolicy(text);

describe('renderDiagnostics', () => {
  it('shows place, code, sentence, remedy and the lines around it', () => {
    expect(renderDiagnostics(found.slice(0, 1), { color: false })).toBe(
      `policy.yaml:7:5 error HP202 /domains/0/retenton unknown key "retenton" — did you mean "retention"?
  5 | domains:
  6 |   - match: "*"
> 7 |     retenton: standard
    |     ^^^^^^^^
  8 |   - match: "web-*"
`,
    );
  });

  it('says the same in colour', () => {
    const colored = renderDiagnostics(found, { color: true });
    expect(colored).toContain('\u001B[31merror\u001B[0m \u001B[1mHP202\u001B[0m');
    expect(colored).toContain('\u001B[31m^^^^^^^^\u001B[0m');
    // oxlint-disable-next-line no-control-regex
    expect(colored.replaceAll(/\u001B\[\d+m/g, '')).toBe(
      renderDiagnostics(found, { color: false }),
    );
  });

  it('puts the mark under wide characters, and under the first line of what has several', () => {
    const wide = badPolicy('version: 1\n日本: 1\n');
    expect(renderDiagnostics(wide, { color: false })).toBe(
      `policy.yaml:2:1 error HP202 /日本 unknown key "日本" — possible: version, host, timezone, include, stores, schedules, retention, mirrors, defaults, domains, ignore, moved, …
  1 | version: 1
> 2 | 日本: 1
    | ^^^^
`,
    );
    const after = badPolicy(
      'version: 1\nhost: [日本, 語]\nstores:\n  main:\n    path: /a\n    more:\n      - 1\n',
    );
    expect(renderDiagnostics(after.slice(0, 1), { color: false })).toContain(
      '> 2 | host: [日本, 語]\n    |       ^^^^^^^^^^\n',
    );
  });
});

it('countDiagnostics counts', () => {
  expect(countDiagnostics([])).toBe('no errors');
  expect(countDiagnostics(found)).toBe('1 error');
  const warning = found.map((one) => ({ ...one, severity: 'warning' as const }));
  expect(countDiagnostics([...found, ...found, ...warning])).toBe('2 errors, 1 warning');
  expect(countDiagnostics(warning)).toBe('no errors, 1 warning');
});

it('diagnosticsReport is plain JSON, with columns from 1 and bytes from 0', () => {
  const report = diagnosticsReport(badPolicy('version: 1\nä: ö\n'));
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  expect(report).toEqual({
    valid: false,
    errorCount: 1,
    warningCount: 0,
    diagnostics: [
      {
        severity: 'error',
        code: 'HP202',
        path: '/ä',
        summary: 'unknown key "ä"',
        detail:
          'possible: version, host, timezone, include, stores, schedules, retention, mirrors, defaults, domains, ignore, moved, …',
        range: {
          filename: 'policy.yaml',
          start: { line: 2, column: 1, byte: 11 },
          end: { line: 2, column: 2, byte: 13 },
        },
        snippet: { startLine: 1, lines: ['version: 1', 'ä: ö'] },
      },
    ],
  });
});
