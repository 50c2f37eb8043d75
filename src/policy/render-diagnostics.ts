import type { Diagnostic, Diagnostics, Snippet } from './diagnostic.ts';

// What is not read on the first screen is mended in the next round.
const maxShown = 20;

export interface DiagnosticsOptions {
  readonly color: boolean;
}

/**
 * Diagnostics for people: `file:line:column severity code /path sentence —
 * remedy`, each with the lines around it. Twenty are shown; then how many more.
 */
export function renderDiagnostics(diagnostics: Diagnostics, { color }: DiagnosticsOptions): string {
  const shown = diagnostics.slice(0, maxShown).map((one) => renderOne(one, color));
  const more = diagnostics.length - shown.length;
  return [...shown, ...(more > 0 ? [`… and ${more} more\n`] : [])].join('\n');
}

function count(number: number, word: string): string {
  return `${number === 0 ? 'no' : number} ${word}${number === 1 ? '' : 's'}`;
}

/** `2 errors, 1 warning`; `no errors` when there is nothing. */
export function countDiagnostics(diagnostics: Diagnostics): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  return warnings === 0
    ? count(errors, 'error')
    : `${count(errors, 'error')}, ${count(warnings, 'warning')}`;
}

/** Diagnostics as the body of a JSON report, in the manner of `terraform validate -json`. */
export function diagnosticsReport(diagnostics: Diagnostics): {
  readonly valid: boolean;
  readonly errorCount: number;
  readonly warningCount: number;
  readonly diagnostics: Diagnostics;
} {
  const errorCount = diagnostics.filter(({ severity }) => severity === 'error').length;
  return {
    valid: errorCount === 0,
    errorCount,
    warningCount: diagnostics.length - errorCount,
    diagnostics,
  };
}

function renderOne(diagnostic: Diagnostic, color: boolean): string {
  const { severity, code, path, summary, detail, range, snippet } = diagnostic;
  const place = range === null ? '' : `${range.filename}:${range.start.line}:${range.start.column}`;
  const tint = severity === 'error' ? 31 : 33;
  const head = [
    safe(place),
    paint(severity, tint, color),
    paint(code, 1, color),
    safe(path),
    safe(summary + (detail === null ? '' : ` — ${detail}`)),
  ];
  const frame = range === null || snippet === null ? [] : renderFrame(diagnostic, snippet, color);
  return `${[head.filter((part) => part !== '').join(' '), ...frame].join('\n')}\n`;
}

function renderFrame(
  { range, severity }: Diagnostic,
  { startLine, lines }: Snippet,
  color: boolean,
): readonly string[] {
  if (range === null) return [];
  const width = String(startLine + lines.length - 1).length;
  const tint = severity === 'error' ? 31 : 33;
  return lines.flatMap((line, index) => {
    const number = startLine + index;
    const here = number === range.start.line;
    const text = `${here ? '>' : ' '} ${String(number).padStart(width)} | ${safe(line)}`.trimEnd();
    if (!here) return [text];
    const before = line.slice(0, range.start.column - 1);
    const marked = line.slice(range.start.column - 1, Math.max(range.end.column - 1, 0));
    // What lies beyond a line that was cut has no mark.
    if (range.start.column - 1 > line.length) return [text];
    const marks = '^'.repeat(Math.max(1, columns(marked)));
    return [
      text,
      `  ${' '.repeat(width)} | ${' '.repeat(columns(before))}${paint(marks, tint, color)}`,
    ];
  });
}

/** A line that cannot forge, colour or turn round what is printed: control and format characters are shown as one sign each (I12). */
function safe(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\uFFFD');
}

/** Terminal columns of a text: Chinese, Japanese, Korean and emoji take two, combining marks none. */
function columns(text: string): number {
  let total = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    const wide =
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uFF01-\uFF60]/u;
    total += wide.test(character) ? 2 : 1;
  }
  return total;
}

function paint(text: string, code: number, color: boolean): string {
  return color ? `\u001B[${code}m${text}\u001B[0m` : text;
}
