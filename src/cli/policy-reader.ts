import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { PolicyReader } from '../policy/include.ts';
import { readTrouble } from './file-trouble.ts';

// Ten thousand domains with a rule each are less; what is larger is no policy.
const maxBytes = 1024 ** 2;

/** The name under which standard input is read and told of. */
export const inputName = '<stdin>';

/**
 * Reads policies from a directory. Files that are included may be no symbolic
 * links, nor lie behind one (G103); the main one is named by a person, who may
 * point where they like. `input` is what standard input holds, null if it was not asked for.
 */
export function directoryReader(cwd: string, main: string, input: string | null): PolicyReader {
  const folder = dirname(resolve(cwd, main));
  return {
    read: (path) => {
      if (input !== null && path === inputName) return ok(input);
      const full = resolve(cwd, path);
      if (path !== main && isBehindLink(folder, full))
        return fail({ code: 'symlink', message: 'it is a symbolic link, or lies behind one' });
      return readText(full);
    },
  };
}

/** Whether a path below a folder really is where it seems to be; one that is not there is told of when it is read. */
function isBehindLink(folder: string, path: string): boolean {
  try {
    return realpathSync(path) !== join(realpathSync(folder), relative(folder, path));
  } catch {
    return false;
  }
}

function readText(path: string): Result<string, Failure> {
  let descriptor: number;
  try {
    // Not blocking: a pipe that nobody writes to would be waited for.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return fail({ code: 'unreadable', message: readTrouble(error, path) });
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return fail({ code: 'not-a-file', message: 'it is not a file' });
    if (stat.size > maxBytes)
      return fail({ code: 'too-large', message: 'it is larger than 1 MiB' });
    return ok(readFileSync(descriptor, 'utf8'));
  } catch (error) {
    return fail({ code: 'unreadable', message: readTrouble(error, path) });
  } finally {
    closeSync(descriptor);
  }
}
