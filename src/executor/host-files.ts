import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rm, rmdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * What the executor itself does with files, beside stores, journals and
 * images. All but `exists` reject with the operating system's error.
 */
export interface HostFiles {
  /** A directory that QEMU, another user, may pass through and not list, with those above it. */
  makeJobDirectory(path: string): Promise<void>;
  /**
   * Removes a file or a whole directory, durably; a success too if there is
   * nothing. Scratch that came back after a crash would be named by no journal.
   */
  remove(path: string): Promise<void>;
  /** Removes a directory if it is empty, durably. */
  removeEmpty(path: string): Promise<void>;
  /** Names in a directory. */
  list(path: string): Promise<readonly string[]>;
  read(path: string): Promise<Buffer>;
  exists(path: string): boolean;
  /** Bytes that a file system still takes. */
  freeBytes(path: string): Promise<number>;
}

/** fsyncs the directory that a name was removed from, where it is still there. */
async function syncParent(path: string): Promise<void> {
  const parent = await open(dirname(path), 'r').catch(() => null);
  try {
    await parent?.sync();
  } finally {
    await parent?.close();
  }
}

/** The real host. */
export const realHostFiles: HostFiles = {
  async makeJobDirectory(path) {
    const first = await mkdir(path, { recursive: true }).catch((error: unknown) => {
      // Of a read-only file system Node's recursive mkdir says ENOENT; the plain one says what it is.
      if (!existsSync(dirname(path))) throw error;
      return mkdir(path).then(() => path);
    });
    // The umask may have taken a mode away; what was there before is not ours to change.
    if (first !== undefined) await chmod(path, 0o711);
  },
  async remove(path) {
    await rm(path, { recursive: true, force: true });
    await syncParent(path);
  },
  async removeEmpty(path) {
    await rmdir(path);
    await syncParent(path);
  },
  list: (path) => readdir(path),
  read: (path) => readFile(path),
  exists: existsSync,
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};
