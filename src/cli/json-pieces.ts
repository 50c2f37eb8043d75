import { closeSync, openSync, writeFileSync } from 'node:fs';

// As deep as the directories of a store in an observation: what is below is at most the points of one domain.
const wholeDepth = 6;

/**
 * A value as `JSON.stringify(value, null, 2)` writes it, in pieces: an observation of millions of points is longer than
 * any text that V8 holds. For plain JSON: objects, lists, texts, numbers, booleans and null.
 */
export function* jsonPieces(value: unknown, depth = 1): Generator<string, void, undefined> {
  const isObject = value !== null && typeof value === 'object';
  const entries: readonly (readonly [string, unknown])[] = isObject
    ? Object.entries(value).filter(([, child]) => child !== undefined)
    : [];
  if (!isObject || depth >= wholeDepth || entries.length === 0) {
    yield JSON.stringify(value, null, 2).replaceAll('\n', `\n${'  '.repeat(depth - 1)}`);
    return;
  }
  const isList = Array.isArray(value);
  const inner = `\n${'  '.repeat(depth)}`;
  let before = isList ? '[' : '{';
  for (const [key, child] of entries) {
    yield `${before}${inner}${isList ? '' : `${JSON.stringify(key)}: `}`;
    yield* jsonPieces(child, depth + 1);
    before = ',';
  }
  yield `\n${'  '.repeat(depth - 1)}${isList ? ']' : '}'}`;
}

// Pieces are as short as a key; together they are written as fast as the disk takes them.
const batchCharacters = 1024 ** 2;

/** The same as a file's text, with a newline at its end, in pieces that are worth a write each. */
export function* jsonText(value: unknown): Generator<string, void, undefined> {
  let batch = '';
  for (const piece of jsonPieces(value)) {
    batch += piece;
    if (batch.length < batchCharacters) continue;
    yield batch;
    batch = '';
  }
  yield `${batch}\n`;
}

/** Writes such a file, readable for its owner only. Throws what writing throws. */
export function writeJsonText(path: string, value: unknown): void {
  const descriptor = openSync(path, 'w', 0o600);
  try {
    for (const text of jsonText(value)) writeFileSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}
