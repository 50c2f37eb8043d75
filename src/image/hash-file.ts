import { Worker } from 'node:worker_threads';
import { failureOfAbort } from '../model/abort.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';

/** What a file's content is. */
export interface HashedFile {
  readonly sha256: string;
  readonly bytes: number;
}

// Text and not a file, as in hash-stream.ts. Reading and hashing in turns is
// enough: a page cache gives 5 GiB/s, a disk reads ahead by itself.
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { openSync, readSync, closeSync } = require('node:fs');
const hash = require('node:crypto').createHash('sha256');
const buffer = Buffer.allocUnsafeSlow(1024 * 1024);
const descriptor = openSync(workerData, 'r');
let told = 0;
for (;;) {
  const count = readSync(descriptor, buffer, 0, buffer.length, null);
  hash.update(buffer.subarray(0, count));
  told += count;
  if (told >= 16 * 1024 * 1024 || count === 0) {
    parentPort.postMessage(told);
    told = 0;
  }
  if (count === 0) break;
}
closeSync(descriptor);
parentPort.postMessage(hash.digest('hex'));
`;

/**
 * SHA-256 of a file of any size, in a thread of its own with 1 MiB of memory.
 * `onBytes` hears of each further part that was read. Failures: `read-failed`,
 * or what the signal's reason says.
 */
export function hashFile(
  path: string,
  options: { readonly signal: AbortSignal; readonly onBytes: (bytes: number) => void },
): Promise<Result<HashedFile, Failure>> {
  const { signal, onBytes } = options;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(fail(failureOfAbort(signal, 'Hashing')));
    const worker = new Worker(program, { eval: true, workerData: path, env: {}, execArgv: [] });
    let bytes = 0;
    const end = (outcome: Result<HashedFile, Failure>): void => {
      signal.removeEventListener('abort', onAbort);
      // Not awaited: a thread in a read that hangs ends only with the read.
      void worker.terminate();
      resolve(outcome);
    };
    const onAbort = (): void => end(fail(failureOfAbort(signal, 'Hashing')));
    const failed = (words: string): void =>
      end(fail({ code: 'read-failed', message: `${path}: could not be read: ${words}` }));
    signal.addEventListener('abort', onAbort, { once: true });
    worker.on('message', (message: unknown) => {
      if (typeof message === 'number') {
        bytes += message;
        onBytes(message);
      } else end(ok({ sha256: String(message), bytes }));
    });
    worker.on('error', (error) => failed(error.message));
    // After an end it is one promise resolved twice, which has no effect.
    worker.on('exit', () => failed('the hashing thread ended'));
  });
}
