import type { Finding } from '../model/finding.ts';
import { policyCodes } from './codes.ts';
import type { Diagnostics } from './diagnostic.ts';

/** Diagnostics in the form that CI systems are told them. */
export function policyFindings(diagnostics: Diagnostics): readonly Finding[] {
  return diagnostics.map(({ severity, code, path, summary, detail, range }) => ({
    code,
    severity,
    message: `${summary}${detail === null ? '' : ` — ${detail}`}`,
    help: policyCodes[code],
    subject: path,
    place:
      range === null
        ? null
        : {
            file: range.filename,
            line: range.start.line,
            column: range.start.column,
            endColumn: range.end.line === range.start.line ? range.end.column : null,
          },
  }));
}
