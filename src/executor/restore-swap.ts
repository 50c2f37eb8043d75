import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Swap } from '../model/action.ts';
import type { RunId } from '../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';

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
export function swapIn(prepared: readonly Prepared[]): Result<void, Failure> {
  const done: Prepared[] = [];
  // Looked at before anything moves: what lies aside already is not this swap's to put back.
  const taken = prepared.find(({ aside }) => aside !== null && existsSync(aside));
  if (taken !== undefined) {
    return fail({ code: 'swap-failed', message: `${taken.aside} exists: move it away first` });
  }
  for (const each of prepared) {
    try {
      if (each.aside === null) placeNew(each);
      else placeOver(each, each.aside);
      done.push(each);
    } catch (error) {
      const back = undoSwap([...done, each]);
      const after = back.ok ? 'the old images are back' : back.error.message;
      return fail({
        code: 'swap-failed',
        message: `${each.to} could not be put in place (${String(error)}); ${after}`,
      });
    }
  }
  return ok(undefined);
}

/** A directory has no hard links: there the rename itself refuses a target that is not empty. */
function placeNew({ temporary, to }: Prepared): void {
  try {
    // link refuses an existing name, rename would overwrite it.
    linkSync(temporary, to);
    unlinkSync(temporary);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
    if (existsSync(to)) throw new Error(`${to} exists`, { cause: error });
    renameSync(temporary, to);
  }
  syncDirectory(to);
}

function placeOver({ temporary, to }: Prepared, aside: string): void {
  renameSync(to, aside);
  renameSync(temporary, to);
  syncDirectory(to);
}

/**
 * Undoes a swap of this run, which nobody has used yet: what was set aside goes
 * home, and what came where nothing had been goes back to its own name.
 */
export function undoSwap(prepared: readonly Prepared[]): Result<void, Failure> {
  const failures: string[] = [];
  for (const { to, aside, temporary } of prepared) {
    // Still under its own name it never came to its place: what is there is another's.
    if (aside !== null || existsSync(temporary) || !existsSync(to)) continue;
    try {
      renameSync(to, temporary);
      syncDirectory(to);
    } catch (error) {
      failures.push(`${to} is still there (${String(error)})`);
    }
  }
  const back = putBack(prepared, null);
  if (failures.length === 0) return back;
  const message = [...failures, ...(back.ok ? [] : [back.error.message])].join('; ');
  return fail({ code: back.ok ? 'not-taken-back' : back.error.code, message });
}

/**
 * Puts back what was set aside, in whatever state a swap was left: an old
 * path that is there under its aside name is the old one, and goes home.
 * Where there was none before, nothing is removed. `keepAs` gives what is in
 * its place now another name (its path and that ending): a run that comes
 * later cannot know whether the machine has been used since.
 */
export function putBack(swaps: readonly Swap[], keepAs: string | null): Result<void, Failure> {
  const failures: string[] = [];
  for (const { to, aside } of swaps.toReversed()) {
    if (aside === null || !existsSync(aside)) continue;
    try {
      if (keepAs !== null && existsSync(to)) renameSync(to, `${to}${keepAs}`);
      // A file is replaced in one step; only a directory must be out of the way first.
      else if (isDirectory(to)) rmSync(to, { recursive: true });
      renameSync(aside, to);
      syncDirectory(to);
    } catch (error) {
      failures.push(`${to} is still at ${aside} (${String(error)})`);
    }
  }
  return failures.length === 0
    ? ok(undefined)
    : fail({ code: 'not-put-back', message: failures.join('; ') });
}

const isDirectory = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Makes a name durable: without this a crash may bring the old name back. */
export function syncDirectory(path: string): void {
  const descriptor = openSync(dirname(path), 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
