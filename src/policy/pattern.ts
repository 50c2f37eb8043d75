import { RE2JS, RE2JSException } from 're2js';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { requiredText } from './required-text.ts';

/** One position of a glob. */
export type GlobToken =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'any' }
  | { readonly kind: 'class'; readonly has: (character: string) => boolean };

/** Selects names: a glob, or a `/regex/` anchored at both ends. */
export interface Pattern {
  readonly text: string;
  /** Of a glob; null of a regex. */
  readonly glob: readonly GlobToken[] | null;
  readonly matches: (name: string) => boolean;
}

const invalid = (message: string): { readonly ok: false; readonly error: Failure } =>
  fail({ code: 'pattern-syntax', message });

/** Compiles a pattern; a failure says what is wrong with it. Neither form can hang, whatever the name is. */
export function compilePattern(text: string): Result<Pattern, Failure> {
  if (text.length > 1 && text.startsWith('/') && text.endsWith('/')) return compileRegex(text);
  const glob = globTokens(text);
  if (!glob.ok) return glob;
  return ok({ text, glob: glob.value, matches: globMatcher(glob.value) });
}

function compileRegex(text: string): Result<Pattern, Failure> {
  const body = text.slice(1, -1);
  if (body === '') return invalid('the regex is empty');
  try {
    const regex = RE2JS.compile(body, RE2JS.DOTALL);
    const required = requiredText(body);
    return ok({
      text,
      glob: null,
      matches: (name) => name.includes(required) && regex.testExact(name),
    });
  } catch (error) {
    if (error instanceof RE2JSException)
      return invalid(error.message.replace('error parsing regexp: ', '').replace('(?s)', ''));
    throw error;
  }
}

/** Reads a glob: `*`, `?`, `[ab]`, `[a-z]`, `[!a]`, and a backslash before a character that is meant as itself. */
function globTokens(text: string): Result<readonly GlobToken[], Failure> {
  const tokens: GlobToken[] = [];
  const characters = Array.from(text);
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? '';
    if (character === '*') {
      if (tokens.at(-1)?.kind !== 'any') tokens.push({ kind: 'any' });
    } else if (character === '?') tokens.push({ kind: 'one' });
    else if (character === '[') {
      const end = characters.indexOf(']', index + (characters[index + 1] === '!' ? 3 : 2));
      if (end === -1) return invalid('a [ without its ]');
      tokens.push({ kind: 'class', has: classOf(characters.slice(index + 1, end)) });
      index = end;
    } else if (character === '{' || character === '}') {
      return invalid(`${character} has no meaning in a glob; write two rules, or a /regex/`);
    } else {
      const literal = character === '\\' ? characters[(index += 1)] : character;
      if (literal === undefined) return invalid('a backslash at the end');
      tokens.push({ kind: 'text', text: literal });
    }
  }
  return ok(tokens);
}

function classOf(characters: readonly string[]): (character: string) => boolean {
  const negated = characters[0] === '!';
  const parts = characters.slice(negated ? 1 : 0);
  const ranges: (readonly [string, string])[] = [];
  for (let index = 0; index < parts.length; index += 1) {
    const from = parts[index] ?? '';
    const to = parts[index + 2];
    if (parts[index + 1] === '-' && to !== undefined) {
      ranges.push([from, to]);
      index += 2;
    } else ranges.push([from, from]);
  }
  return (character) =>
    ranges.some(([from, to]) => character >= from && character <= to) !== negated;
}

/** A matcher in time proportional to name times pattern, with the common forms done by comparing ends. */
function globMatcher(tokens: readonly GlobToken[]): (name: string) => boolean {
  const first = tokens.findIndex(({ kind }) => kind !== 'text');
  const literal = (part: readonly GlobToken[]): string =>
    part.map((token) => (token.kind === 'text' ? token.text : '')).join('');
  if (first === -1) {
    const whole = literal(tokens);
    return (name) => name === whole;
  }
  const last = tokens.findLastIndex(({ kind }) => kind !== 'text');
  const prefix = literal(tokens.slice(0, first));
  const suffix = literal(tokens.slice(last + 1));
  const least = prefix.length + suffix.length;
  if (first === last && tokens[first]?.kind === 'any') {
    return (name) => name.length >= least && name.startsWith(prefix) && name.endsWith(suffix);
  }
  const core = longestText(tokens);
  return (name) =>
    name.length >= least &&
    name.startsWith(prefix) &&
    name.endsWith(suffix) &&
    name.includes(core) &&
    walk(tokens, Array.from(name), (token, character) => takes(token, character));
}

/** The longest text between a glob's other signs: most names do not contain it. */
function longestText(tokens: readonly GlobToken[]): string {
  let best = '';
  let run = '';
  for (const token of tokens) {
    run = token.kind === 'text' ? run + token.text : '';
    if (run.length > best.length) best = run;
  }
  return best;
}

function takes(token: GlobToken, character: string): boolean {
  switch (token.kind) {
    case 'text':
      return token.text === character;
    case 'one':
      return true;
    case 'class':
      return token.has(character);
    default:
      return false;
  }
}

/** Two fingers: on a mismatch the last star takes one item more. */
function walk<T>(
  tokens: readonly GlobToken[],
  items: readonly T[],
  fits: (token: GlobToken, item: T) => boolean,
): boolean {
  let token = 0;
  let item = 0;
  let star = -1;
  let resume = 0;
  while (item < items.length) {
    const current = tokens[token];
    const value = items[item];
    if (current?.kind === 'any') {
      star = token;
      token += 1;
      resume = item;
    } else if (current !== undefined && value !== undefined && fits(current, value)) {
      token += 1;
      item += 1;
    } else if (star === -1) return false;
    else {
      resume += 1;
      token = star + 1;
      item = resume;
    }
  }
  while (tokens[token]?.kind === 'any') token += 1;
  return token === tokens.length;
}

/** Whether an earlier glob takes every name that a later pattern could; false where that is not plain to see. */
export function takesAll(earlier: Pattern, later: Pattern): boolean {
  if (earlier.text === later.text) return true;
  if (earlier.glob === null) return false;
  // A single star takes everything, regexes too.
  if (earlier.glob.length === 1 && earlier.glob[0]?.kind === 'any') return true;
  if (later.glob === null) return false;
  return walk(earlier.glob, later.glob, (token, item) => {
    if (item.kind === 'text') return takes(token, item.text);
    // `?` takes whatever one position can be; a class only what it is plain to hold.
    return token.kind === 'one' && item.kind !== 'any';
  });
}
