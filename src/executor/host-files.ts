import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  rmdir,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorNumber } from '../store/attempt.ts';

/**
 * What the executor itself does with files, beside stores, journals and images. All but
 * `exists` and `isDirectory` reject with the operating system's error. What changes a
 * name is durable when it returns: a crash brings no old one back.
 */
export interface HostFiles {
  /** A directory that QEMU, another user, may pass through and not list, with those above it. */
  makeJobDirectory(path: string): Promise<void>;
  /** The same for what must be there after a crash: the names of those that are made are durable. */
  makeLastingDirectory(path: string): Promise<void>;
  /**
   * Removes a file or a whole directory, durably; a success too if there is
   * nothing. Scratch that came back after a crash would be named by no journal.
   */
  remove(path: string): Promise<void>;
  /** Makes durable which names are beside a path, and which are not; a success too if its directory is gone. */
  syncNames(path: string): Promise<void>;
  /** Removes a directory if it is empty, durably. */
  removeEmpty(path: string): Promise<void>;
  /** Another name in the same directory; takes the place of a file that has it. */
  rename(from: string, to: string): Promise<void>;
  /** As `rename`, but for a name that nothing has: an error if something has it. */
  placeNew(from: string, to: string): Promise<void>;
  /** A new file with the content of another one. */
  copy(from: string, to: string): Promise<void>;
  /** A new file, mode 0600; as `copy` it is durable only after `makeLasting`. */
  writeNew(path: string, content: Buffer): Promise<void>;
  /**
   * Makes a new file durable, with its name; whoever could read the `old` one can
   * read it, and where there is none its owner alone.
   */
  makeLasting(fresh: string, old: string): Promise<void>;
  /** Makes durable what was written to a block device. */
  syncDevice(path: string): Promise<void>;
  /**
   * Takes a block device as a mount would: one that is mounted, or part of a volume group, is
   * refused by the kernel. Nobody on this host can mount or take it until it is let go.
   */
  claimDevice(path: string): { letGo(): void };
  /** Names in a directory. */
  list(path: string): Promise<readonly string[]>;
  read(path: string): Promise<Buffer>;
  exists(path: string): boolean;
  /** Also of what is there: a symlink is none. */
  isDirectory(path: string): boolean;
  /** Bytes that a file system still takes. */
  freeBytes(path: string): Promise<number>;
}

/** fsyncs the directory of a name, where it is still there. */
async function syncParent(path: string): Promise<void> {
  const parent = await open(dirname(path), 'r').catch(() => null);
  try {
    await parent?.sync();
  } finally {
    await parent?.close();
  }
}

function syncOf(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a directory of mode 0711 and those above it; the first one that was missing, or null. */
async function makePassable(path: string): Promise<string | null> {
  const first = await mkdir(path, { recursive: true }).catch((error: unknown) => {
    // Of a read-only file system Node's recursive mkdir says ENOENT; the plain one says what it is.
    if (!existsSync(dirname(path))) throw error;
    return mkdir(path).then(() => path);
  });
  // The umask may have taken a mode away; what was there before is not ours to change.
  if (first !== undefined) await chmod(path, 0o711);
  return first ?? null;
}

/** The real host. */
export const realHostFiles: HostFiles = {
  async makeJobDirectory(path) {
    await makePassable(path);
  },
  async makeLastingDirectory(path) {
    const first = await makePassable(path);
    // A name is durable once the directory that it is in was fsynced: of each that was made, the one above it.
    const above = first === null ? path : dirname(first);
    for (let at = path; at !== above; at = dirname(at)) syncOf(dirname(at));
  },
  async remove(path) {
    await rm(path, { recursive: true, force: true });
    await syncParent(path);
  },
  syncNames: syncParent,
  async removeEmpty(path) {
    await rmdir(path);
    await syncParent(path);
  },
  // What a restore's crash must find in order is done on the main thread: there its calls can be counted (docs/proof.md).
  async rename(from, to) {
    renameSync(from, to);
    syncOf(dirname(to));
  },
  async placeNew(from, to) {
    try {
      // link refuses an existing name, rename would overwrite it.
      linkSync(from, to);
      unlinkSync(from);
    } catch (error) {
      // A directory has no hard links: there the rename itself refuses a target that is not empty.
      if (errorNumber(error) !== 'EPERM') throw error;
      if (existsSync(to)) throw new Error(`${to} exists`, { cause: error });
      renameSync(from, to);
    }
    syncOf(dirname(to));
  },
  copy: (from, to) => copyFile(from, to, constants.COPYFILE_EXCL),
  writeNew: (path, content) => writeFile(path, content, { mode: 0o600, flag: 'wx' }),
  async makeLasting(fresh, old) {
    const like = statSync(old, { throwIfNoEntry: false });
    chmodSync(fresh, like === undefined ? 0o600 : like.mode & 0o7777);
    if (like !== undefined) chownSync(fresh, like.uid, like.gid);
    syncOf(fresh);
    syncOf(dirname(fresh));
  },
  async syncDevice(path) {
    syncOf(path);
  },
  claimDevice(path) {
    // Without O_CREAT, O_EXCL is about block devices only (open(2)); QEMU does not ask for it.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_EXCL);
    return { letGo: () => closeSync(descriptor) };
  },
  list: (path) => readdir(path),
  read: (path) => readFile(path),
  exists: existsSync,
  isDirectory: (path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};
