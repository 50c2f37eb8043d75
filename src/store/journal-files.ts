import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { LeftFile } from '../model/observed.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { realFiles, type Files } from './files.ts';
import { leftFiles } from './left-files.ts';
import { flockProgram, isLocked } from './lock.ts';

/** A file that is only added to. Its calls throw the operating system's error. */
export interface Appended {
  /** Adds bytes; how many of them are there after an error nobody knows. */
  add(bytes: Buffer): void;
  sync(): void;
  /** Cuts off what lies beyond so many bytes. */
  cut(bytes: number): void;
  /** How many bytes there are up to the last newline, with it. */
  wholeLines(): number;
  /** A lock that goes when this process dies, or closes the file. Nobody else can have it: the file is new. */
  lock(): Result<void, Failure>;
  close(): void;
}

/** What journals ask of the host beside `Files`: files that grow, and their locks. */
export interface JournalFiles extends Files {
  /** A new file, 0600, with a durable name; refuses what exists, and a directory that is a symlink. */
  create(path: string): Appended;
  /** One that exists, for adding to it. */
  reopen(path: string): Appended;
  /** The last bytes of a file as text, all of it if it is shorter. */
  readEnd(path: string, bytes: number): string;
  /** Whether a living process holds its lock. */
  isLocked(path: string): Promise<boolean>;
  /** What is there of paths that journals of dead runs name. */
  left(paths: readonly string[]): Promise<readonly LeftFile[]>;
}

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW } = constants;
const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

function appendedTo(path: string, descriptor: number): Appended {
  let open = true;
  return {
    add(bytes) {
      for (let done = 0; done < bytes.length;) {
        done += writeSync(descriptor, bytes, done);
      }
    },
    sync: () => fsyncSync(descriptor),
    cut: (bytes) => ftruncateSync(descriptor, bytes),
    wholeLines: () => readFileSync(path).lastIndexOf(10) + 1,
    lock: () => lockNow(descriptor, path),
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

function lockNow(descriptor: number, path: string): Result<void, Failure> {
  const { status, error } = spawnSync(flockProgram, ['-x', '-n', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', descriptor],
    env: { LC_ALL: 'C.UTF-8' },
  });
  if (status === 0) return ok(undefined);
  const why = error?.message ?? `it ended with ${status}`;
  return fail({ code: 'lock-failed', message: `${flockProgram} did not lock ${path}: ${why}` });
}

/** The real file system. */
export const realJournalFiles: JournalFiles = {
  ...realFiles,
  create(path) {
    const directory = openSync(dirname(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, 0o600);
      fsyncSync(directory);
      return appendedTo(path, descriptor);
    } finally {
      closeSync(directory);
    }
  },
  reopen: (path) => appendedTo(path, openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW)),
  readEnd(path, bytes) {
    // Not waiting, should it be a pipe.
    const descriptor = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    try {
      const { size } = fstatSync(descriptor);
      const buffer = Buffer.alloc(Math.min(size, bytes));
      readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8');
    } finally {
      closeSync(descriptor);
    }
  },
  isLocked,
  left: leftFiles,
};
