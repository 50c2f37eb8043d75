import { isMap, isNode, isScalar, isSeq, type Document, type LineCounter } from 'yaml';
import type { SourcePlace } from '../model/desired.ts';
import type { PolicyCode } from './codes.ts';
import type { Diagnostic, Position, Range, Snippet } from './diagnostic.ts';

/** A text that is being read, and what is needed to point into it. */
export interface TextSource {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
  /** Then a byte is a character. */
  readonly ascii: boolean;
}

/** A file of YAML, parsed. */
export interface Source extends TextSource {
  readonly document: Document.Parsed;
  /** As plain values: objects, lists, strings, numbers, booleans, null. */
  readonly data: unknown;
}

/** Keys and indexes from the root to a value. */
export type Path = readonly (string | number)[];

/** What a diagnostic says, beside its place. */
export interface Saying {
  readonly code: PolicyCode;
  readonly summary: string;
  readonly detail?: string;
  readonly severity?: 'error' | 'warning';
}

// Two lines before and one after show where one is.
const linesBefore = 2;
const linesAfter = 1;

// A line of a megabyte is no help on a terminal.
const maxLineLength = 200;
const maxSentenceLength = 500;

function positionAt({ text, lines, ascii }: TextSource, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  const byte = ascii ? offset : new TextEncoder().encode(text.slice(0, offset)).length;
  return { line: Math.max(line, 1), column: Math.max(col, 1), byte };
}

function snippetOf({ text, lines }: TextSource, line: number): Snippet {
  const first = Math.max(1, line - linesBefore);
  const last = Math.min(lines.lineStarts.length, line + linesAfter);
  const shown: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const start = lines.lineStarts[number - 1] ?? 0;
    const end = lines.lineStarts[number] ?? text.length;
    shown.push(text.slice(start, Math.min(end, start + maxLineLength)).replace(/\r?\n$/, ''));
  }
  // The empty "line" after the last newline is none.
  while (shown.length > line - first + 1 && shown.at(-1) === '') shown.pop();
  return { startLine: first, lines: shown };
}

/** A sentence with a name of half a megabyte in it is none. */
function shortened(text: string): string {
  return text.length > maxSentenceLength ? `${text.slice(0, maxSentenceLength)}…` : text;
}

/** A diagnostic about a stretch of text. */
export function diagnoseAt(
  source: TextSource,
  [from, to]: readonly [number, number],
  path: string,
  { code, summary, detail, severity }: Saying,
): Diagnostic {
  const start = positionAt(source, Math.min(from, source.text.length));
  const lineEnd = (source.lines.lineStarts[start.line] ?? source.text.length + 1) - 1;
  // Shown is the first line of what is meant, and at least one character of it.
  const stop = Math.max(from, Math.min(to, lineEnd, source.text.length));
  const range: Range = { filename: source.file, start, end: positionAt(source, stop) };
  return {
    severity: severity ?? 'error',
    code,
    path,
    summary: shortened(summary),
    detail: detail === undefined ? null : shortened(detail),
    range,
    snippet: snippetOf(source, start.line),
  };
}

/** A diagnostic without a place: about a file that could not be read. */
export function diagnoseFile(file: string, saying: Saying): Diagnostic {
  const start: Position = { line: 1, column: 1, byte: 0 };
  return {
    severity: saying.severity ?? 'error',
    code: saying.code,
    path: '',
    summary: saying.summary,
    detail: saying.detail ?? null,
    range: { filename: file, start, end: start },
    snippet: null,
  };
}

/** A path as a JSON pointer (RFC 6901). */
export function pointerOf(path: Path): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The path of a JSON pointer; indexes stay texts. */
export function pathOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Offsets of a value, or of the key that names it; of the nearest thing above when it is not there. */
export function offsetsOf(
  source: Source,
  path: Path,
  part: 'key' | 'value',
): readonly [number, number] {
  let node: unknown = source.document.contents;
  let found = rangeOf(node) ?? [0, 0];
  for (const [depth, step] of path.entries()) {
    if (isSeq(node)) {
      node = node.items[Number(step)];
    } else if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (pair === undefined) return found;
      const last = depth === path.length - 1;
      // An empty value has no place of its own worth pointing at.
      const empty = isScalar(pair.value) && pair.value.value === null && pair.value.source === '';
      if ((last && part === 'key') || empty) return rangeOf(pair.key) ?? found;
      node = pair.value;
    } else return found;
    found = rangeOf(node) ?? found;
  }
  return found;
}

function rangeOf(node: unknown): readonly [number, number] | null {
  return isNode(node) && node.range ? [node.range[0], node.range[1]] : null;
}

/** A diagnostic about a value of a parsed file, or about its key. */
export function diagnose(
  source: Source,
  path: Path,
  saying: Saying,
  part: 'key' | 'value' = 'value',
): Diagnostic {
  return diagnoseAt(source, offsetsOf(source, path, part), pointerOf(path), saying);
}

/** Where a value stands, for plans and messages. */
export function placeOf(source: Source, path: Path, part: 'key' | 'value' = 'value'): SourcePlace {
  const { line, col } = source.lines.linePos(offsetsOf(source, path, part)[0]);
  return { file: source.file, line, column: col };
}

/** The text of a value as it stands in the file: `0230`, where the value is the number 230. */
export function writtenAt(source: Source, path: Path): string {
  const [from, to] = offsetsOf(source, path, 'value');
  return source.text.slice(from, to);
}
