import type { RunId } from '../model/identity.ts';
import type { Swap } from '../model/restore-action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { HostFiles } from './host-files.ts';

/** A path that was written beside its place. */
export interface Prepared extends Swap {
  /** Where the new content is now: same directory, whole, fsynced. */
  readonly temporary: string;
}

/** Where something is written before it comes to its place: the same directory, and the run in its name. */
export function temporaryOf(place: string, { run }: { readonly run: RunId }): string {
  return `${place}.restoring-${run}`;
}

/**
 * Exchanges old for new, one path after the other; the first that fails puts
 * back those before it. Where no old one is expected, none is overwritten.
 */
export async function swapIn(
  prepared: readonly Prepared[],
  files: HostFiles,
): Promise<Result<void, Failure>> {
  const done: Prepared[] = [];
  // Looked at before anything moves: what lies aside already is not this swap's to put back.
  const taken = prepared.find(({ aside }) => aside !== null && files.exists(aside));
  if (taken !== undefined) {
    return fail({ code: 'swap-failed', message: `${taken.aside} exists: move it away first` });
  }
  for (const each of prepared) {
    const { temporary, to, aside } = each;
    try {
      if (aside === null) await files.placeNew(temporary, to);
      else {
        await files.rename(to, aside);
        await files.rename(temporary, to);
      }
      done.push(each);
    } catch (error) {
      const back = await undoSwap([...done, each], files);
      const after = back.ok ? 'the old images are back' : back.error.message;
      return fail({
        code: 'swap-failed',
        message: `${to} could not be put in place (${String(error)}); ${after}`,
      });
    }
  }
  return ok(undefined);
}

/**
 * Undoes a swap of this run, which nobody has used yet: what was set aside goes
 * home, and what came where nothing had been goes back to its own name.
 */
export async function undoSwap(
  prepared: readonly Prepared[],
  files: HostFiles,
): Promise<Result<void, Failure>> {
  const failures: string[] = [];
  for (const { to, aside, temporary } of prepared) {
    // Still under its own name it never came to its place: what is there is another's.
    if (aside !== null || files.exists(temporary) || !files.exists(to)) continue;
    try {
      await files.rename(to, temporary);
    } catch (error) {
      failures.push(`${to} is still there (${String(error)})`);
    }
  }
  const back = await putBack(prepared, null, files);
  if (failures.length === 0) return back;
  const message = [...failures, ...(back.ok ? [] : [back.error.message])].join('; ');
  return fail({ code: back.ok ? 'not-taken-back' : back.error.code, message });
}

/** The name that no journal knows, of what a finished swap had set aside whose end could not be noted. */
export const keptName = (aside: string): string => `${aside}.kept`;

/**
 * Puts back what was set aside, in whatever state a swap was left: an old
 * path that is there under its aside name is the old one, and goes home. While one of them is
 * there, those that were given their kept names are not kept yet, and go home with it.
 * Where there was none before, nothing is removed. `keepAs` gives what is in
 * its place now another name (its path and that ending): a run that comes
 * later cannot know whether the machine has been used since.
 */
export async function putBack(
  swaps: readonly Swap[],
  keepAs: string | null,
  files: HostFiles,
): Promise<Result<void, Failure>> {
  const failures = await asideAgain(swaps, files);
  if (failures.length > 0) return fail({ code: 'not-put-back', message: failures.join('; ') });
  for (const { to, aside } of swaps.toReversed()) {
    if (aside === null || !files.exists(aside)) continue;
    try {
      if (keepAs !== null && files.exists(to)) await files.rename(to, `${to}${keepAs}`);
      // A file is replaced in one step; only a directory must be out of the way first.
      else if (files.isDirectory(to)) await files.remove(to);
      await files.rename(aside, to);
    } catch (error) {
      failures.push(`${to} is still at ${aside} (${String(error)})`);
    }
  }
  return failures.length === 0
    ? ok(undefined)
    : fail({ code: 'not-put-back', message: failures.join('; ') });
}

/** A domain must not have one disk of now and one of then: kept ones get the name back that a journal knows, before any goes home. */
async function asideAgain(swaps: readonly Swap[], files: HostFiles): Promise<string[]> {
  const asides = swaps.flatMap(({ aside }) => aside ?? []);
  if (!asides.some((aside) => files.exists(aside))) return [];
  const failures: string[] = [];
  for (const aside of asides) {
    const kept = keptName(aside);
    if (files.exists(aside) || !files.exists(kept)) continue;
    try {
      await files.rename(kept, aside);
    } catch (error) {
      failures.push(`${kept} could not be put back (${String(error)})`);
    }
  }
  return failures;
}
