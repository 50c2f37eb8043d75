import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail, ok, type Result } from '../model/result.ts';
import type { Context, Refusal } from './context.ts';
import { readTrouble, sentence } from './file-trouble.ts';

// V8 holds no text longer than 2^29 - 24 characters (Node 20: ERR_STRING_TOO_LONG).
const maxBytes = 2 ** 29 - 24;

/** Reads a file of JSON that is named on the command line; `-` is standard input. `remedy` says how such a file is made. */
export async function readJson(
  context: Context,
  file: string,
  remedy: string,
): Promise<Result<unknown, Refusal>> {
  let text: string;
  const path = resolve(context.terminal.cwd, file);
  try {
    if (file !== '-' && statSync(path).size > maxBytes)
      return refused(
        'file-too-large',
        `${file} is larger than 512 MiB, which is more than can be read`,
      );
    text = file === '-' ? await context.terminal.readInput() : readFileSync(path, 'utf8');
  } catch (error) {
    return refused(
      'file-unreadable',
      `${file} cannot be read: ${readTrouble(error, path, remedy)}`,
    );
  }
  try {
    const value: unknown = JSON.parse(text);
    return ok(value);
  } catch (error) {
    return refused('file-not-json', `${file} is not JSON (${sentence(error)}); ${remedy}`);
  }
}

function refused(code: string, message: string) {
  return fail<Refusal>({ exit: 64, code, message });
}

/** Whether a value is an object with keys. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
