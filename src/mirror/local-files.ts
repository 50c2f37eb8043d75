import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { realFiles, type Files } from '../store/files.ts';
import { parentOf } from '../store/layout.ts';

/**
 * What a mirror does with files of this host: its own state and scratch, and the store's,
 * which it only reads. One real home, and a model of it that dies at any call.
 */
export interface LocalFiles {
  /** Another one after each start of the machine: what was not fsynced before it may be empty now. */
  bootId(): string;
  /** For what must be there after a crash, and for reading. */
  readonly files: Files;
  /** A new directory of its own below one that is made if it is missing. */
  makeScratch(above: string): string;
  /** A directory and those above it, where they are missing. */
  makePath(path: string): void;
  /** A file that a crash may take, and the directories above it. */
  write(path: string, content: string): void;
  /** A file or a whole tree; nothing if there is none. */
  remove(path: string): void;
}

/** This host's. */
export const realLocalFiles: LocalFiles = {
  files: realFiles,
  bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  makeScratch(above) {
    mkdirSync(above, { recursive: true, mode: 0o700 });
    return mkdtempSync(`${above}/work-`);
  },
  makePath(path) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  },
  write(path, content) {
    mkdirSync(parentOf(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, content, { mode: 0o600 });
  },
  remove(path) {
    rmSync(path, { recursive: true, force: true });
  },
};
