import { fail, type Failure, type Result } from '../model/result.ts';

/** Error numbers of the operating system: our stable code, what it means, what to do. */
const known: Readonly<Record<string, readonly [code: string, sentence: string]>> = {
  ENOSPC: ['store-full', 'no space is left; make room, or store less'],
  EDQUOT: ['store-full', 'the disk quota is used up; raise it, or store less'],
  EROFS: [
    'store-read-only',
    'the file system is read-only; mount it writable, or name it to packaging/install.sh, which lets the agent’s unit write there',
  ],
  EACCES: ['denied', 'permission denied; run as the user who owns the store'],
  EPERM: ['denied', 'permission denied; run as the user who owns the store'],
  EIO: ['io-error', 'the disk reports an error; look at it and at the kernel log'],
  ENOENT: ['not-found', 'it is not there'],
  EEXIST: ['exists', 'it is there already'],
  ENOTEMPTY: ['not-empty', 'something is in it that Holdfast did not put there; move that away'],
  ENOTDIR: ['not-a-directory', 'it is not a directory'],
  ELOOP: ['symlink', 'it is a symbolic link, and Holdfast follows none in a store'],
  EXDEV: ['other-device', 'it lies on another file system'],
};

/** Code and path of an operating system's error; null for any other, which is a mistake of ours. */
function systemError(error: unknown): { readonly code: string; readonly path: string } | null {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return null;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : '';
  return { code: String(error.code), path };
}

/** The error number of an operating system's error, `ENOENT`; null for any other error. */
export function errorNumber(error: unknown): string | null {
  return systemError(error)?.code ?? null;
}

/**
 * The failure that an operating system's error is, in words: what was being
 * done, where, and the remedy. Anything else is thrown again.
 */
export function systemFailure(doing: string, error: unknown): Failure {
  const facts = systemError(error);
  if (facts === null) throw error;
  const [code, sentence] = known[facts.code] ?? ['io-error', `it failed with ${facts.code}`];
  const where = facts.path === '' || doing.split(' ').includes(facts.path) ? '' : `${facts.path}: `;
  return { code, message: `${doing}: ${where}${sentence}` };
}

/** Does something with files; errors of the operating system become failures, others go on. */
export function attempt<T>(doing: string, body: () => Result<T, Failure>): Result<T, Failure> {
  try {
    return body();
  } catch (error) {
    return fail(systemFailure(doing, error));
  }
}
