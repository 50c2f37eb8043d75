import { Worker } from 'node:worker_threads';
import { failureOfAbort } from '../model/abort.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { RateLimit } from './rate-limit.ts';

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
const { path, part, gate } = workerData;
const descriptor = openSync(path, 'r');
let told = 0;
let parts = 0;
for (;;) {
  const count = readSync(descriptor, buffer, 0, buffer.length, null);
  hash.update(buffer.subarray(0, count));
  told += count;
  if (told >= part || count === 0) {
    parentPort.postMessage(told);
    told = 0;
    if (gate !== null) {
      parts += 1;
      for (let open = Atomics.load(gate, 0); open < parts; open = Atomics.load(gate, 0)) {
        Atomics.wait(gate, 0, open);
      }
    }
  }
  if (count === 0) break;
}
closeSync(descriptor);
parentPort.postMessage(hash.digest('hex'));
`;

// Often enough to be told of, seldom enough that telling costs nothing.
const partBytes = 16 * 1024 ** 2;
// Under a limit: a part is read at once, however slow the limit is.
const limitedPartBytes = 1024 ** 2;

/** How a file is hashed. */
export interface HashOptions {
  readonly signal: AbortSignal;
  /** Hears of each further part that was read. */
  readonly onBytes: (bytes: number) => void;
  /** Shared by all who read there; none: as fast as it goes. */
  readonly rateLimit?: RateLimit | null;
}

/**
 * SHA-256 of a file of any size, in a thread of its own with 1 MiB of memory.
 * Failures: `read-failed`, or what the signal's reason says.
 */
export function hashFile(
  path: string,
  { signal, onBytes, rateLimit = null }: HashOptions,
): Promise<Result<HashedFile, Failure>> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(fail(failureOfAbort(signal, 'Hashing')));
    // The thread reads in one loop that hears no messages: it waits for a number in shared memory.
    const gate = rateLimit === null ? null : new Int32Array(new SharedArrayBuffer(4));
    const part = gate === null ? partBytes : limitedPartBytes;
    const workerData = { path, part, gate };
    const worker = new Worker(program, { eval: true, workerData, env: {}, execArgv: [] });
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
        if (gate !== null) void pass(rateLimit, gate, message, signal);
      } else end(ok({ sha256: String(message), bytes }));
    });
    worker.on('error', (error) => failed(error.message));
    // After an end it is one promise resolved twice, which has no effect.
    worker.on('exit', () => failed('the hashing thread ended'));
  });
}

/** Lets the thread read on once the limit allows what it has read. An abort ends the thread itself. */
async function pass(
  rateLimit: RateLimit | null,
  gate: Int32Array,
  bytes: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await rateLimit?.take(bytes, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  Atomics.add(gate, 0, 1);
  Atomics.notify(gate, 0);
}
