import { escapeSteering } from '../model/escape-steering.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { errorNumber, systemFailure } from './attempt.ts';
import type { Files } from './files.ts';
import { parentOf, temporaryName } from './layout.ts';

/**
 * fsyncs a directory below the store and all above it, up to the store's root.
 * All of them, each time: a run that died between making a directory and
 * syncing it leaves a name that looks durable to the next one, and is not.
 */
export function syncUp(files: Files, root: string, path: string): void {
  for (let at = path; at !== ''; at = parentOf(at)) files.syncDirectory(`${root}/${at}`);
  files.syncDirectory(root);
}

/**
 * The fsyncs after a rename. What fails here has happened already, for all who
 * look: the failure says so, and that a power cut may still undo it.
 */
export function makeDurable(done: string, sync: () => void): Result<void, Failure> {
  try {
    sync();
    return ok(undefined);
  } catch (error) {
    const { code, message } = systemFailure(`making it durable that ${done}`, error);
    return fail({ code, message: `${message}. It is so now, and may not be after a power cut` });
  }
}

/** Makes a directory and those above it, where they are missing, durably. */
export function makeDirectories(files: Files, root: string, path: string): void {
  const parent = parentOf(path);
  if (parent !== '') makeDirectories(files, root, parent);
  if (files.look(`${root}/${path}`) !== null) return;
  files.makeDirectory(`${root}/${path}`);
  files.syncDirectory(parent === '' ? root : `${root}/${parent}`);
}

/** Makes a directory of the host and those above it, where they are missing; another process may do the same. */
export function makeWay(files: Files, path: string): void {
  if (path === '' || files.look(path) !== null) return;
  makeWay(files, parentOf(path));
  try {
    files.makeDirectory(path);
  } catch (error) {
    if (errorNumber(error) !== 'EEXIST') throw error;
  }
}

/**
 * The same, and durable with the directory above it: also where another process made them and nobody
 * knows that they were synced. For what a person was told is noted.
 */
export function makeDurableWay(files: Files, path: string): void {
  makeWay(files, path);
  const above = parentOf(path);
  for (const at of [above, parentOf(above)]) files.syncDirectory(at === '' ? '/' : at);
}

/** Writes a file whole or not at all, in place of an older one: temporary name, fsync, rename, fsync of the directory. */
export function writeDurable(
  files: Files,
  directory: string,
  name: string,
  content: string | Buffer,
): void {
  const temporary = `${directory}/${temporaryName(name)}`;
  if (files.look(temporary) !== null) files.removeFile(temporary);
  try {
    files.writeNew(temporary, content);
  } catch (error) {
    // A full disk leaves half a file, which would keep the disk full.
    if (files.look(temporary) !== null) files.removeFile(temporary);
    throw error;
  }
  files.rename(temporary, `${directory}/${name}`);
  files.syncDirectory(directory);
}

/** A record as people read it: two spaces, a newline at the end. */
export function jsonText(value: object): string {
  return `${escapeSteering(JSON.stringify(value, null, 2))}\n`;
}
