import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

/** What `lstat` says: a symlink is a symlink here, never what it points to. */
export interface Look {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** st_dev. */
  readonly device: number;
  /** st_ino. */
  readonly inode: number;
  readonly sizeBytes: number;
}

/**
 * The ten calls by which a store is changed. Synchronous, so that their order
 * is the order in the text, and the instants between them, at which a machine
 * may die, can be counted. They throw the operating system's error: a check
 * after each of twenty calls would hide the order, so `attempt` makes a failure
 * of it at the edge.
 */
export interface Files {
  /** A new directory, 0700; EEXIST if there is something. */
  makeDirectory(path: string): void;
  /** A new file, 0600, fsynced; EEXIST if there is something. The name is durable only after `syncDirectory`. */
  writeNew(path: string, content: string | Buffer): void;
  /** fsync of a file that somebody else wrote. */
  syncFile(path: string): void;
  /** fsync of a directory: names made, renamed or removed in it are durable afterwards. */
  syncDirectory(path: string): void;
  /** Takes the place of a file of the new name; callers look first where that must not be. */
  rename(from: string, to: string): void;
  removeFile(path: string): void;
  /** Only an empty one. */
  removeDirectory(path: string): void;
  /** The text of a small file; never through a symlink in the last place. */
  read(path: string): string;
  list(path: string): readonly string[];
  /** null if there is nothing. */
  look(path: string): Look | null;
}

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/** Opens, and closes whatever happens. */
function withOpen<T>(path: string, flags: number, body: (descriptor: number) => T): T {
  const descriptor = openSync(path, flags, 0o600);
  try {
    return body(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function writeAll(descriptor: number, content: string | Buffer): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let done = 0; done < bytes.length;) {
    done += writeSync(descriptor, bytes, done);
  }
}

/** The kind of thing that `lstat` or `readdir` found. */
export function kindOf(entry: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): Look['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}

/** The real file system. */
export const realFiles: Files = {
  makeDirectory(path) {
    mkdirSync(path, { mode: 0o700 });
  },
  writeNew(path, content) {
    withOpen(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, (descriptor) => {
      writeAll(descriptor, content);
      fsyncSync(descriptor);
    });
  },
  syncFile(path) {
    withOpen(path, O_RDONLY | O_NOFOLLOW, fsyncSync);
  },
  syncDirectory(path) {
    // Through symlinks: the store's own path may be one, and an fsync changes nothing.
    withOpen(path, O_RDONLY | O_DIRECTORY, fsyncSync);
  },
  rename: renameSync,
  removeFile: unlinkSync,
  removeDirectory(path) {
    rmdirSync(path);
  },
  read(path) {
    return withOpen(path, O_RDONLY | O_NOFOLLOW, (descriptor) => readFileSync(descriptor, 'utf8'));
  },
  list(path) {
    return readdirSync(path);
  },
  look(path) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return null;
    return { kind: kindOf(stat), device: stat.dev, inode: stat.ino, sizeBytes: stat.size };
  },
};
