import type { Instant } from '../model/instant.ts';
import { fail, ok, type Result } from '../model/result.ts';

/**
 * Reads one value out of foreign JSON. What is wrong is added to `problems`
 * with its place (`disks[0].file`), and some value of the type is handed on, so
 * that everything wrong is found at once; with a problem the whole is thrown away.
 */
export type Shape<T> = (value: unknown, at: string, problems: string[]) => T;

/** A field of a record, by its name. */
export type Field = <T>(name: string, shape: Shape<T>) => T;

// A long value in a message hides the sentence.
const shownCharacters = 60;

// What is wrong beyond this has the same cause: a list of a million odd things
// must not become a sentence of a gigabyte.
const maxProblems = 20;

/** A value in a message. Of an object or a list only that it is one: to write out a deep one overflows the stack. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return value.length === 0 ? 'not []' : 'not a list';
  if (typeof value === 'object' && value !== null) return 'not an object';
  const text = typeof value === 'string' ? value.slice(0, shownCharacters) : value;
  return `not ${JSON.stringify(text).slice(0, shownCharacters)}`;
}

/** Adds what is wrong at a place, in a sentence that is made only if it will be said. */
function note(problems: string[], at: string, sentence: string, value: unknown): void {
  if (problems.length < maxProblems) problems.push(`${at} ${sentence}, ${shown(value)}`);
  else if (problems.length === maxProblems) problems.push('and more');
}

/** A shape of values that a test accepts; `what` completes "must be …". */
export function checked<T>(is: (value: unknown) => value is T, none: T, what: string): Shape<T> {
  return (value, at, problems) => {
    if (is(value)) return value;
    note(problems, at, `must be ${what}`, value);
    return none;
  };
}

/** A text of a form. */
export function textLike<T extends string>(
  is: (text: string) => text is T,
  none: T,
  what: string,
): Shape<T> {
  return checked((value): value is T => typeof value === 'string' && is(value), none, what);
}

export const text = checked((value) => typeof value === 'string', '', 'text');
export const flag = checked((value) => typeof value === 'boolean', false, 'true or false');
/** Beyond 2^53 a number has lost digits when JSON.parse is done with it. */
export const wholeNumber = checked(
  (value): value is number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
  0,
  'a whole number of 0 or more',
);
export const finiteNumber = checked(
  (value): value is number => typeof value === 'number' && Number.isFinite(value),
  0,
  'a number',
);
export const instant = textLike(
  (value): value is Instant =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) && !Number.isNaN(Date.parse(value)),
  '1970-01-01T00:00:00.000Z',
  'an instant like 2026-11-22T02:00:00.000Z',
);
export const sha256 = textLike(
  (value): value is string => /^[0-9a-f]{64}$/.test(value),
  '',
  '64 hex digits',
);

/** One of some words. */
export function oneOf<const T extends string>(first: T, ...others: readonly T[]): Shape<T> {
  const words: readonly T[] = [first, ...others];
  const is = (value: unknown): value is T => words.some((word) => word === value);
  return checked(is, first, words.map((word) => JSON.stringify(word)).join(' or '));
}

/** One of the words of a union: the compiler sees to it that none is forgotten. */
export function keyOf<T extends string>(words: Readonly<Record<T, true>>, none: T): Shape<T> {
  const is = (value: string): value is T => Object.hasOwn(words, value);
  return textLike(is, none, `one of ${Object.keys(words).join(', ')}`);
}

/** A number that says a format. */
export function formatOne(value: unknown, at: string, problems: string[]): 1 {
  if (value !== 1) note(problems, at, 'must be 1', value);
  return 1;
}

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value, at, problems) => (value === null ? null : shape(value, at, problems));
}

/** A value that an older version did not write: null for none. */
export function absentOr<T>(shape: Shape<T>): Shape<T | null> {
  return (value, at, problems) => (value === undefined ? null : shape(value, at, problems));
}

export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, at, problems) => {
    if (Array.isArray(value)) {
      return value.map((item: unknown, index) => shape(item, `${at}[${index}]`, problems));
    }
    note(problems, at, 'must be a list', value);
    return [];
  };
}

/** An object; fields beyond those that are asked for are left for newer versions. */
export function record<T>(build: (field: Field) => T): Shape<T> {
  return (value, at, problems) => {
    const whole = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!whole) note(problems, at === '' ? 'it' : at, 'must be an object', value);
    const values = new Map<string, unknown>(whole ? Object.entries(value) : []);
    // One sentence for a value that is no object, not one for each field that it lacks.
    const found = whole ? problems : [];
    return build((name, shape) =>
      shape(values.get(name), at === '' ? name : `${at}.${name}`, found),
    );
  };
}

/** An object whose keys are data. */
export function mapOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, at, problems) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      note(problems, at, 'must be an object', value);
      return {};
    }
    const entries = Object.entries(value).map(
      ([key, item]: [string, unknown]) => [key, shape(item, `${at}.${key}`, problems)] as const,
    );
    return Object.fromEntries(entries);
  };
}

/** Reads a JSON text of a shape; on failure all that is wrong, in one line. */
export function parseShape<T>(content: string, shape: Shape<T>): Result<T, string> {
  const parsed = parseJson(content);
  if (!parsed.ok) return parsed;
  return readShape(parsed.value, shape);
}

/** Reads parsed JSON. */
export function readShape<T>(value: unknown, shape: Shape<T>): Result<T, string> {
  const problems: string[] = [];
  const read = shape(value, '', problems);
  return problems.length === 0 ? ok(read) : fail(problems.join('; '));
}

/** JSON.parse, with its complaint as a value. */
export function parseJson(content: string): Result<unknown, string> {
  if (content.trim() === '') return fail('it is empty');
  try {
    const value: unknown = JSON.parse(content);
    return ok(value);
  } catch (error) {
    return fail(`it is no whole JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
