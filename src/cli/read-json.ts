import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail, ok, type Result } from '../model/result.ts';
import type { Context, Refusal } from './context.ts';
import { readTrouble, sentence } from './file-trouble.ts';
import { readLargeJson } from './large-json.ts';

// A larger file is read in pieces: as one text it would need its size in memory a second time, and
// V8 holds no text of more than 2^29 - 24 characters (ERR_STRING_TOO_LONG).
const wholeBytes = 100 * 1024 ** 2;

/**
 * Reads a file of JSON that is named on the command line; `-` is standard input. `remedy` says how such a file is made;
 * above `wholeUpTo` bytes it is read in pieces, with the same result.
 */
export async function readJson(
  context: Context,
  file: string,
  remedy: string,
  wholeUpTo = wholeBytes,
): Promise<Result<unknown, Refusal>> {
  const path = resolve(context.terminal.cwd, file);
  try {
    if (file !== '-' && statSync(path).size > wholeUpTo) return ok(readLargeJson(path));
    const text = file === '-' ? await context.terminal.readInput() : readFileSync(path, 'utf8');
    const value: unknown = JSON.parse(text);
    return ok(value);
  } catch (error) {
    if (error instanceof SyntaxError)
      return refused('file-not-json', `${file} is not JSON (${sentence(error)}); ${remedy}`);
    return isTooLong(error)
      ? refused('file-too-large', `${file} cannot be read: ${tooLarge(file)}`)
      : refused('file-unreadable', `${file} cannot be read: ${readTrouble(error, path, remedy)}`);
  }
}

/** Whether a text would have been longer than V8 can hold. */
function isTooLong(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STRING_TOO_LONG';
}

function tooLarge(file: string): string {
  return file === '-'
    ? 'more than 512 MiB cannot come from standard input; name the file instead'
    : 'what it says of one domain, or beside the points, is more than 512 MiB';
}

function refused(code: string, message: string) {
  return fail<Refusal>({ exit: 64, code, message });
}

/** Whether a value is an object with keys. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
