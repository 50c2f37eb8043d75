import type { Failure } from '../model/result.ts';

/** The errno name of what a system call threw. */
export function errnoOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
}

// What a full disk, a quota and a file size limit have in common is their remedy.
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The failure of writing a file. */
export function writeFailure(path: string, cause: unknown): Failure {
  const errno = errnoOf(cause);
  if (full.has(errno)) {
    return { code: 'store-full', message: `${path}: no space left to write it (${errno})` };
  }
  const words = cause instanceof Error ? cause.message : String(cause);
  return { code: 'write-failed', message: `${path}: could not be written: ${words}` };
}
