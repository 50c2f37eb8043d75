import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Puts a text at a path as a whole, so that nobody reads half of one: written
 * beside it, then renamed. Throws the operating system's error, and leaves
 * nothing beside it then. `mode` is of a new file, before the umask.
 */
export function replaceFile(path: string, text: string, mode: number): void {
  const beside = `${path}.${process.pid}.new`;
  writeFileSync(beside, text, { flag: 'wx', mode });
  try {
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
