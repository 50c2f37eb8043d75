import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { StoreId } from '../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt, errorNumber } from '../store/attempt.ts';
import type { FarEnd } from './far-end.ts';
import type { MirrorSettings } from './mirror.ts';

/** One store's copies at a far end: what every call works on. */
export interface Work {
  readonly settings: MirrorSettings;
  readonly end: FarEnd;
  readonly store: StoreId;
  /** First copies of this process, one after the other: two would make two markers. */
  readonly turns: { last: Promise<void> };
}

/** A failure of this mirror. */
export function mirrorFailure(
  { settings, end }: Pick<Work, 'settings' | 'end'>,
  code: string,
  words: string,
): { readonly ok: false; readonly error: Failure } {
  return fail({ code, message: `mirror ${settings.name} (${end.target}): ${words}` });
}

/** Does something with a directory of its own below the host's state, which is gone afterwards. */
export async function withScratch<T>(
  { settings }: Work,
  body: (directory: string) => Promise<Result<T, Failure>>,
): Promise<Result<T, Failure>> {
  const above = `${settings.stateDir}/mirrors`;
  const made = attempt(`making a directory in ${above}`, () => {
    mkdirSync(above, { recursive: true, mode: 0o700 });
    return ok(mkdtempSync(`${above}/work-`));
  });
  if (!made.ok) return made;
  try {
    return await body(made.value);
  } finally {
    rmSync(made.value, { recursive: true, force: true });
  }
}

/** The text of a small file in such a directory; null if there is none. */
export function readScratch(directory: string, path: string): string | null {
  try {
    return readFileSync(`${directory}/${path}`, 'utf8');
  } catch (error) {
    const code = errorNumber(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

/** Writes a small file there, to be sent. */
export function writeScratch(directory: string, path: string, content: string): void {
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  mkdirSync(`${directory}/${parent}`, { recursive: true, mode: 0o700 });
  writeFileSync(`${directory}/${path}`, content, { mode: 0o600 });
}
