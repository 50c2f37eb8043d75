import { existsSync, readFileSync } from 'node:fs';
import { fail, ok } from '../../src/model/result.ts';
import type { Diagnostics } from '../../src/policy/diagnostic.ts';
import type { PolicyReader } from '../../src/policy/include.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { readPolicy } from '../../src/policy/read-policy.ts';
import { renderDiagnostics } from '../../src/policy/render-diagnostics.ts';

/** A reader of texts in memory. */
export function readerOf(texts: Readonly<Record<string, string>>): PolicyReader {
  return {
    read: (path) => {
      const text = texts[path];
      return text === undefined
        ? fail({ code: 'not-found', message: `${path} does not exist` })
        : ok(text);
    },
  };
}

/** A reader of files, for the examples. */
export const fileReader: PolicyReader = {
  read: (path) =>
    existsSync(path)
      ? ok(readFileSync(path, 'utf8'))
      : fail({ code: 'not-found', message: 'there is no such file' }),
};

/** Reads a policy that is expected to be good. */
export function goodPolicy(text: string, more: Readonly<Record<string, string>> = {}): Policy {
  const policy = readPolicy('policy.yaml', readerOf({ 'policy.yaml': text, ...more }));
  if (!policy.ok) throw new Error(renderDiagnostics(policy.error, { color: false }));
  return policy.value;
}

/** Reads a policy that is expected to be bad. */
export function badPolicy(text: string, more: Readonly<Record<string, string>> = {}): Diagnostics {
  const policy = readPolicy('policy.yaml', readerOf({ 'policy.yaml': text, ...more }));
  if (policy.ok) throw new Error('The policy was expected to have errors');
  return policy.error;
}

/** Severity, place, code and sentence of each, on a line. */
export function told(diagnostics: Diagnostics): readonly string[] {
  return diagnostics.map(
    ({ severity, code, path, range, summary, detail }) =>
      `${range?.start.line}:${range?.start.column} ${severity} ${code} ${path} ${summary}` +
      (detail === null ? '' : ` — ${detail}`),
  );
}
