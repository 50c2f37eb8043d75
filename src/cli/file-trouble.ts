import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The error number of an operating system's error, `ENOENT`; null for any other error. */
function errorNumber(error: unknown): string | null {
  return error instanceof Error && 'syscall' in error && 'code' in error
    ? String(error.code)
    : null;
}

/** Whether there is nothing at a path; what cannot be told counts as something. */
export function isMissing(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return errorNumber(error) === 'ENOENT';
  }
}

/** What an exception says. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What is the same when reading and when writing. */
function anyTrouble(error: unknown, path: string): string {
  switch (errorNumber(error)) {
    case 'EISDIR':
      return `${path} is a directory; name a file`;
    case 'ENOTDIR':
      return `a part of the path ${path} is a file, not a directory; correct the path`;
    case 'ELOOP':
      return `the symbolic links at ${path} lead in a circle; name the file itself`;
    case 'ENAMETOOLONG':
      return 'the path is too long; choose a shorter one';
    case 'EIO':
      return 'the disk reports an error; look at it and at the kernel log';
    default:
      return sentence(error);
  }
}

/** Why a file (its whole path) cannot be read, and what to do. `remedy` is what to do when there is none. */
export function readTrouble(error: unknown, path: string, remedy = 'correct the path'): string {
  switch (errorNumber(error)) {
    case 'ENOENT':
      return `there is no file ${path}; ${remedy}`;
    case 'EACCES':
    case 'EPERM':
      return `this user may not read ${path}; run as root, or change its permissions`;
    default:
      return anyTrouble(error, path);
  }
}

/** Why a file or directory (its whole path) cannot be written or made, and what to do. */
export function writeTrouble(error: unknown, path: string): string {
  switch (errorNumber(error)) {
    case 'ENOENT':
      return `there is no directory ${dirname(path)}; make it, or choose another place`;
    case 'EACCES':
    case 'EPERM':
      return `this user may not write to ${dirname(path)}; run as root, or choose another place`;
    case 'EROFS':
      return `the file system of ${path} is read-only; choose another place`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `no space is left for ${path}; make room, or choose another place`;
    case 'EEXIST':
      return `${path} is there already; choose another name`;
    default:
      return anyTrouble(error, path);
  }
}
