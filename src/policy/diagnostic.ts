import type { PolicyCode } from './codes.ts';

/** A place in a file: line and column one-based (columns in UTF-16 units, as editors count), byte from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly byte: number;
}

/** What a diagnostic is about, in a file. */
export interface Range {
  readonly filename: string;
  readonly start: Position;
  readonly end: Position;
}

/** The lines around a range, so that it can be shown without the file. */
export interface Snippet {
  /** Number of the first of `lines`. */
  readonly startLine: number;
  readonly lines: readonly string[];
}

/** Something to say about a file, in the manner of `terraform validate -json`: plain JSON. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: PolicyCode;
  /** JSON pointer: `/domains/0/retention`; empty for the file. */
  readonly path: string;
  /** One sentence: what is wrong. */
  readonly summary: string;
  /** What to do about it; null when the summary says it. */
  readonly detail: string | null;
  /** null when there is no file to point into. */
  readonly range: Range | null;
  readonly snippet: Snippet | null;
}

export type Diagnostics = readonly Diagnostic[];

/** Whether any of them forbids going on. */
export function hasErrors(diagnostics: Diagnostics): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

/** By file (`first` before others, in their order), then by place, then errors first. */
export function sortDiagnostics(
  diagnostics: Diagnostics,
  first: readonly string[] = [],
): Diagnostics {
  const files = [...new Set([...first, ...diagnostics.map(({ range }) => range?.filename)])];
  const order = (one: Diagnostic): readonly number[] => [
    one.range === null ? -1 : files.indexOf(one.range.filename),
    one.range?.start.byte ?? 0,
    one.severity === 'error' ? 0 : 1,
  ];
  return diagnostics.toSorted((a, b) => {
    const left = order(a);
    const right = order(b);
    const differs = left.findIndex((value, index) => value !== right[index]);
    return differs === -1 ? 0 : (left[differs] ?? 0) - (right[differs] ?? 0);
  });
}
