import { closeSync, openSync, readSync } from 'node:fs';

// Large enough that reading costs nothing beside parsing, small enough to count for nothing.
const chunkBytes = 4 * 1024 ** 2;

/**
 * Elements of arrays at this depth are parsed one by one: in an observation those are the domains' directories of a
 * store (`{"stores":[{"state":{"directories":[…`), which hold all points and nearly all of its bytes.
 */
const cutDepth = 5;

const code = (character: string): number => character.charCodeAt(0);
const [quote, backslash] = [code('"'), code('\\')];
const [openBrace, openBracket, closeBrace, closeBracket] = [
  code('{'),
  code('['),
  code('}'),
  code(']'),
];

/** Which bytes mean nothing for where an element begins or ends: outside of texts, and in them. */
const isPlain = tableWithout([quote, openBrace, openBracket, closeBrace, closeBracket]);
const isPlainInText = tableWithout([quote, backslash]);

function tableWithout(bytes: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_none, byte) => (bytes.includes(byte) ? 0 : 1));
}

/** The first byte from there on that means something; the chunk's length if there is none. A loop of its own, for speed. */
function skip(chunk: Buffer, start: number, plain: Uint8Array): number {
  let at = start;
  while (at < chunk.length && plain[chunk[at] ?? 0] === 1) at += 1;
  return at;
}

/**
 * Reads a file of JSON of any size. V8 holds no text of more than 512 MiB, so the file is never one text: elements of
 * arrays at `cutDepth` are cut out on the way and parsed alone, the rest (with a list of one number in the place of
 * each) at the end. The result is that of `JSON.parse`. Throws what reading throws, and a SyntaxError with the place.
 */
export function readLargeJson(path: string): unknown {
  const descriptor = openSync(path, 'r');
  try {
    return splitJson(chunksOf(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

/** Chunks of a file, each good until the next one is asked for. */
function* chunksOf(descriptor: number): Generator<Buffer, void, undefined> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (;;) {
    const bytes = readSync(descriptor, chunk, 0, chunkBytes, null);
    if (bytes === 0) return;
    yield chunk.subarray(0, bytes);
  }
}

/** The value of a JSON text that comes in chunks, which may end anywhere. Throws a SyntaxError if it is none. */
export function splitJson(chunks: Iterable<Buffer>): unknown {
  const splitter = new Splitter();
  for (const chunk of chunks) splitter.take(chunk);
  return splitter.end();
}

/** Finds elements by counting brackets outside of texts; whether it is JSON at all, `JSON.parse` says of each piece. */
class Splitter {
  #depth = 0;
  #inText = false;
  #isEscaped = false;
  /** Whether the bracket at `cutDepth` that is open is one of an array. */
  #inCutArray = false;
  /** Bytes before the chunk at hand. */
  #before = 0;
  #elementAt = 0;
  #pending: Buffer[] = [];
  #rest: string[] = [];
  readonly #elements: unknown[] = [];

  take(chunk: Buffer): void {
    // Where the piece at hand begins in this chunk, and how far it was looked at.
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#inText) {
        at = this.#afterText(chunk, at);
        continue;
      }
      at = skip(chunk, at, isPlain);
      const byte = chunk[at];
      if (byte === quote) this.#inText = true;
      else if (byte === openBrace || byte === openBracket) {
        if (this.#isElement()) {
          this.#rest.push(this.#text(chunk.subarray(from, at)));
          from = at;
          this.#elementAt = this.#before + at;
        }
        this.#depth += 1;
        if (this.#depth === cutDepth) this.#inCutArray = byte === openBracket;
      } else if (byte === closeBrace || byte === closeBracket) {
        this.#depth -= 1;
        if (this.#isElement()) {
          this.#rest.push(`[${this.#elements.length}]`);
          this.#elements.push(this.#parsed(this.#text(chunk.subarray(from, at + 1))));
          from = at + 1;
        }
      }
      at += 1;
    }
    // A copy, for the chunk is read into again.
    this.#pending.push(Buffer.from(chunk.subarray(from)));
    this.#before += chunk.length;
  }

  /** Where a text ends that is open at a byte; the chunk's end if it does not end there. */
  #afterText(chunk: Buffer, start: number): number {
    for (let at = start; at < chunk.length; at += 1) {
      if (this.#isEscaped) {
        this.#isEscaped = false;
        continue;
      }
      at = skip(chunk, at, isPlainInText);
      const byte = chunk[at];
      if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) {
        this.#inText = false;
        return at + 1;
      }
    }
    return chunk.length;
  }

  /** The whole value. */
  end(): unknown {
    if (this.#inText || this.#depth > 0)
      throw new SyntaxError(`it ends in the middle, after ${this.#before} bytes`);
    this.#rest.push(this.#text(Buffer.alloc(0)));
    const value: unknown = JSON.parse(this.#rest.join(''));
    this.#fill(value, 1);
    return value;
  }

  /** Whether a bracket here begins an element that is cut out, or has just ended one. */
  #isElement(): boolean {
    return this.#depth === cutDepth && this.#inCutArray;
  }

  /** What was kept of earlier chunks and this, as text. */
  #text(last: Buffer): string {
    if (this.#pending.length === 0) return last.toString('utf8');
    const whole = Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    return whole.toString('utf8');
  }

  #parsed(text: string): unknown {
    try {
      const value: unknown = JSON.parse(text);
      return value;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new SyntaxError(`${error.message}, in what begins at byte ${this.#elementAt}`);
    }
  }

  /** Puts the elements where their numbers stand. */
  #fill(value: unknown, depth: number): void {
    if (value === null || typeof value !== 'object') return;
    if (depth < cutDepth) {
      for (const child of Object.values(value)) this.#fill(child, depth + 1);
      return;
    }
    if (!Array.isArray(value)) return;
    const list: unknown[] = value;
    for (const [index, number] of list.entries()) {
      // Any list here is one of ours: lists of the file itself were cut out.
      if (Array.isArray(number)) list[index] = this.#elements[Number(number[0])];
    }
  }
}
