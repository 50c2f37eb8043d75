import { Worker } from 'node:worker_threads';
import { failureOfAbort } from '../model/abort.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { reader, slotBytes, slots, stateWords, verdictAt, writer } from './copy-threads.ts';
import { allocatePages } from './shared-memory.ts';

/** A large file that is copied as it is, to a place where it is not yet. */
export interface FileCopy {
  /** Absolute. */
  readonly from: string;
  /** Absolute, and there. Directories below it are made, 0700. */
  readonly root: string;
  /** Below the root. */
  readonly path: string;
  /** A directory beside the file, in which it is written before it gets its name. */
  readonly partialName: string;
  /** What the content must be; null: nobody knows. */
  readonly sha256: string | null;
  /** Hears of each further part that was written. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Copies a file past the page cache, where the file system there allows it; it has its name only when it is whole
 * and fsynced, with the time of the original. Says its bytes; null when it is no file, or something is there
 * already. Failures: `hash-differs` (what was written is removed), `copy-failed` (what was written stays, to be gone
 * on with), `canceled` or what the signal's reason says. Two threads each: not worth it for a small file.
 */
export function copyFile(request: FileCopy): Promise<Result<number | null, Failure>> {
  const { from, sha256, signal, onBytes } = request;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(fail(failureOfAbort(signal, 'The copy')));
    const memory = allocatePages(slotBytes * slots);
    const state = new Int32Array(new SharedArrayBuffer(4 * stateWords));
    const threads: Worker[] = [];
    const end = (outcome: Result<number | null, Failure>): void => {
      signal.removeEventListener('abort', onAbort);
      // Not awaited: a thread in a call that hangs ends only with the call.
      for (const thread of threads) void thread.terminate();
      resolve(outcome);
    };
    const onAbort = (): void => end(fail(failureOfAbort(signal, 'The copy')));
    const failed = (words: string): void =>
      end(fail({ code: 'copy-failed', message: `${from}: could not be copied: ${words}` }));
    const start = (program: string, given: object, hear: (message: unknown) => void): void => {
      const workerData = { memory, state, slots, slotBytes, ...given };
      const thread = new Worker(program, { eval: true, workerData, env: {}, execArgv: [] });
      threads.push(thread);
      thread.on('message', hear);
      thread.on('error', (error) => failed(error.message));
    };
    const write = (bytes: number, mtimeSeconds: number): void => {
      const { root, path, partialName } = request;
      start(writer, { root, path, partialName, bytes, mtimeSeconds }, (message) => {
        if (typeof message === 'number') onBytes(message);
        else if (message === 'done') end(ok(bytes));
        else if (message === 'none') end(ok(null));
        else end(fail(differs(from)));
      });
    };
    signal.addEventListener('abort', onAbort, { once: true });
    start(reader, { from, isHashed: sha256 !== null }, (message) => {
      if (message === 'none') end(ok(null));
      else if (Array.isArray(message)) write(Number(message[0]), Number(message[1]));
      else {
        Atomics.store(state, verdictAt, message === sha256 ? 1 : 2);
        Atomics.notify(state, verdictAt);
      }
    });
  });
}

const differs = (path: string): Failure => ({
  code: 'hash-differs',
  message: `${path} is not what its manifest says, so it is not copied; verify the point`,
});
