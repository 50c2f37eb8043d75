import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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
  /** A new directory of its own below one that is made if it is missing; what dead runs left there goes. */
  makeScratch(above: string): string;
  /** A directory and those above it, where they are missing. */
  makePath(path: string): void;
  /** A file that a crash may take, and the directories above it. */
  write(path: string, content: string): void;
  /** A file or a whole tree; nothing if there is none. */
  remove(path: string): void;
}

const scratchPrefix = 'work-';

// A process of another PID namespace (an agent in a container, a command beside it) is not seen: a day
// is longer than its work for one copy takes, but for the largest ones.
const leftAfterMilliseconds = 24 * 3600_000;

// Of a name without a process nobody knows whose it is: no copy takes a month.
const namelessAfterMilliseconds = 30 * leftAfterMilliseconds;

/** Removes what processes left that were killed before they could: of dead ones, and a day old. */
function sweepScratch(above: string): void {
  for (const name of readdirSync(above)) {
    if (!name.startsWith(scratchPrefix)) continue;
    const path = `${above}/${name}`;
    // Another process may have been faster.
    const look = lstatSync(path, { throwIfNoEntry: false });
    if (look === undefined) continue;
    const [, pid] = /^work-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && existsSync(`/proc/${pid}`)) continue;
    const after = pid === undefined ? namelessAfterMilliseconds : leftAfterMilliseconds;
    if (Date.now() - look.mtimeMs > after) rmSync(path, { recursive: true, force: true });
  }
}

/** This host's. */
export const realLocalFiles: LocalFiles = {
  files: realFiles,
  bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  makeScratch(above) {
    mkdirSync(above, { recursive: true, mode: 0o700 });
    sweepScratch(above);
    return mkdtempSync(`${above}/${scratchPrefix}${process.pid}-`);
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
