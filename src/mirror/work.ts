import type { StoreId } from '../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt, systemFailure } from '../store/attempt.ts';
import type { FarEnd } from './far-end.ts';
import type { LocalFiles } from './local-files.ts';
import type { MirrorSettings } from './mirror.ts';

/** One store's copies at a far end: what every call works on. */
export interface Work {
  readonly settings: MirrorSettings;
  readonly end: FarEnd;
  readonly local: LocalFiles;
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
  work: Work,
  body: (directory: string) => Promise<Result<T, Failure>>,
): Promise<Result<T, Failure>> {
  const { settings, local } = work;
  const above = `${settings.stateDir}/mirrors`;
  const made = attempt(`making a directory in ${above}`, () => ok(local.makeScratch(above)));
  if (!made.ok) return made;
  try {
    return await body(made.value);
  } catch (error) {
    // A disk of this host that fails is no mistake of ours, and none of the mirror's.
    return fail(systemFailure(`working for mirror ${settings.name}`, error));
  } finally {
    local.remove(made.value);
  }
}

/** The text of a small file in such a directory; null if there is none. */
export function readScratch(
  { local: { files } }: Work,
  directory: string,
  path: string,
): string | null {
  const whole = `${directory}/${path}`;
  return files.look(whole) === null ? null : files.read(whole);
}

/** Writes a small file there, to be sent. */
export function writeScratch(
  { local }: Work,
  directory: string,
  path: string,
  content: string,
): void {
  local.write(`${directory}/${path}`, content);
}
