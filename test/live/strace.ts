import { existsSync, readFileSync } from 'node:fs';

/** A system call by which the program's main thread changed a file or made a change durable. */
export interface Change {
  readonly call: string;
  /** The how manieth call of that name it was: what strace's `when=` counts. */
  readonly number: number;
  /** One path, or two for a rename. */
  readonly paths: readonly string[];
}

/** What strace does to a call: a signal that is delivered at it, or an error that it returns. */
export type Injection =
  | { readonly signal: 'SIGKILL' | 'SIGSTOP' }
  | { readonly error: 'ENOSPC' | 'EIO' | 'EROFS' };

/** Calls that change files, and those that make changes durable. */
const changing =
  'mkdir,rename,link,unlink,rmdir,ftruncate,write,pwrite64,fsync,fdatasync,chmod,fchmod,chown,fchown';

/**
 * The words before a program by which strace watches its main thread alone:
 * store and journal are changed there, by synchronous calls, so that the how
 * manieth call is which does not depend on other threads. `-D`: the program stays
 * our child, not strace. SIGKILL at a call means that the call is not made.
 */
export function straced(
  log: string,
  at?: { readonly change: Change; readonly does: Injection },
): readonly string[] {
  const words = ['strace', '-D', '-y', '-s', '0', '-o', log, '-e', `trace=${changing}`];
  if (at === undefined) return words;
  const { change, does } = at;
  const what = 'signal' in does ? `signal=${does.signal}` : `error=${does.error}`;
  return [...words, '-e', `inject=${change.call}:${what}:when=${change.number}`];
}

/** The changes below some directories that a log tells of, in their order. */
export function changesIn(log: string, roots: readonly string[]): readonly Change[] {
  const counts = new Map<string, number>();
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, call = ''] = /^([a-z0-9_]+)\(/.exec(line) ?? [];
      if (call === '') return [];
      const number = (counts.get(call) ?? 0) + 1;
      counts.set(call, number);
      const paths = Array.from(line.matchAll(/[<"](\/[^>"]*)[>"]/g), ([, path = '']) => path);
      const isOurs = paths.some((path) => roots.some((root) => path.startsWith(`${root}/`)));
      return isOurs ? [{ call, number, paths }] : [];
    });
}

/** The last call that a log tells of: where a signal struck. */
export function lastCall(log: string): string {
  const calls = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /^[a-z0-9_]+\(/.test(line));
  return calls.at(-1) ?? 'before the first call';
}

/** Whether a log says that SIGSTOP has stopped the program. */
export function isStopped(log: string): boolean {
  return existsSync(log) && readFileSync(log, 'utf8').includes('stopped by SIGSTOP');
}
