/** One reader of foreign input, and what must hold whatever it is given. */
export interface Target {
  /** Also the name of its directory below `corpus/`. */
  readonly name: string;
  /** Good inputs, from captures, examples and goldens: mutations start there. */
  readonly seeds: () => readonly Buffer[];
  /** Words of its language, which chance alone would not find. */
  readonly words: readonly string[];
  /** One input out of eight of a target that works on disk or over a socket. */
  readonly slow?: true;
  /** Reads an input; throws where something that must hold does not. */
  readonly run: (input: Buffer) => void | Promise<void>;
}

/** A thing that must hold does not. */
export class Violation extends Error {}

/** Throws unless it holds. */
export function mustHold(holds: boolean, what: string): void {
  if (!holds) throw new Violation(what);
}

// What an editor shows as text may still steer a terminal or turn a line round.
const steering = /[\p{Cc}\u2028\u2029\u200B\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/u;

/** Throws if a text that is printed could do more than be read. */
export function mustBePlain(text: string, what: string): void {
  const found = steering.exec(text.replaceAll('\n', ''));
  if (found === null) return;
  const code = found[0].codePointAt(0)?.toString(16).padStart(4, '0');
  throw new Violation(`${what} prints U+${code}: ${JSON.stringify(text.slice(0, 200))}`);
}

// The longest legitimate answer, to nothing at all, is below this.
const freeCharacters = 60_000;

/** Throws if an answer grows faster than what it answers. */
export function mustBeBounded(text: string, input: Buffer, what: string): void {
  const most = freeCharacters + input.length * 20;
  mustHold(text.length <= most, `${what} has ${text.length} characters for ${input.length} bytes`);
}
