import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/process/run.ts';
import { eventually } from './eventually.ts';
import { sh } from './lab.ts';

/**
 * Shell words that take every sick disk out of a mount namespace which has just been made: it has a copy of each mount
 * of this machine, and a file system that is mounted anywhere lives on, with the errors that it has seen.
 */
export const withoutSickDisks = `awk '$2 ~ "/sick-(mounted|fuse)$" { print $2 }' /proc/self/mounts | while read -r place; do umount -l "$place" || true; done`;

/** An ext4 file system on a disk that fails, or is slow, when told to: nbdkit's filters behind nbdfuse and a loop device. */
export class SickDisk implements AsyncDisposable {
  readonly path: string;
  readonly #dir: string;
  readonly #nbdkit: ChildProcess;
  #nbdfuse: ChildProcess | null = null;
  // One that nobody else gets: the same disk comes back under the same name (G152).
  readonly #loop = `/dev/loop${randomInt(1_000, 100_000)}`;

  private constructor(dir: string, nbdkit: ChildProcess) {
    this.#dir = dir;
    this.path = join(dir, 'sick-mounted');
    this.#nbdkit = nbdkit;
  }

  /** `filters`: words of nbdkit beside the error filter, `--filter=rate` and `rate=8M` say. */
  static async mount(
    dir: string,
    sizeMiB: number,
    filters: readonly string[] = [],
    settings: readonly string[] = [],
  ): Promise<SickDisk> {
    mkdirSync(join(dir, 'sick-fuse'), { recursive: true });
    mkdirSync(join(dir, 'sick-mounted'), { recursive: true });
    const socket = join(dir, 'nbd.sock');
    const errors = ['error=EIO', 'error-rate=100%', `error-file=${join(dir, 'ill')}`];
    const words = ['memory', `${sizeMiB}M`, ...errors, ...settings];
    const nbdkit = spawn('nbdkit', ['-f', '-U', socket, '--filter=error', ...filters, ...words], {
      stdio: 'ignore',
    });
    const disk = new SickDisk(dir, nbdkit);
    await eventually('nbdkit listens', async () => existsSync(socket));
    await disk.#plugIn();
    await sh('/sbin/mkfs.ext4', '-q', '-F', '-b', '1024', '-m', '0', disk.#file);
    await disk.#attach();
    return disk;
  }

  get #file(): string {
    return join(this.#dir, 'sick-fuse', 'disk');
  }

  /** From now on every read and write of the disk is an I/O error. */
  fail(): void {
    writeFileSync(join(this.#dir, 'ill'), '');
  }

  /** Works again; what the file system has seen of the errors stays until it is mounted again. */
  heal(): void {
    rmSync(join(this.#dir, 'ill'), { force: true });
  }

  /** Waits for whoever has a file open still and is about to end. */
  async unmount(): Promise<void> {
    const umount = async (): Promise<boolean> =>
      (await run({ program: 'umount', args: [this.path], timeoutSeconds: 60 })).ok;
    await eventually('nobody uses the disk', umount);
  }

  /** Takes it away from those who use it. */
  async vanish(): Promise<void> {
    await run({ program: 'umount', args: ['-l', this.path], timeoutSeconds: 60 });
  }

  /**
   * Plugs the disk in anew, checks the file system and mounts it. Anew, because the kernel's cache of the old one has
   * pages that never came to the disk, and an error that the next fsync would be told.
   */
  async mountAgain(): Promise<void> {
    // The loop device is let go of when nobody has the file system any more: mounted before, it would be that one again.
    const attached = async (): Promise<string> => sh('/sbin/losetup', '-j', this.#file);
    // A QEMU that another test starts meanwhile has a copy of every mount, as long as it lives.
    for (let waits = 0; waits < 2; waits += 1) {
      const isGone = async (): Promise<boolean> => (await attached()) === '';
      await eventually('the old file system is gone', isGone).catch((error: unknown) => {
        if (waits === 1) throw error;
      });
    }
    await this.#unplug();
    await this.#plugIn();
    const args = ['-fy', this.#file];
    const checked = await run({ program: '/sbin/e2fsck', args, timeoutSeconds: 60 });
    // 1: errors were corrected (e2fsck(8)).
    if (!checked.ok && checked.error.exitCode !== 1) throw new Error(checked.error.message);
    await this.#attach();
  }

  async #attach(): Promise<void> {
    await sh('/sbin/losetup', this.#loop, this.#file);
    await sh('mount', '-o', 'errors=remount-ro', this.#loop, this.path);
    // From now on it goes with its last user.
    await sh('/sbin/losetup', '-d', this.#loop);
  }

  async #plugIn(): Promise<void> {
    const socket = join(this.#dir, 'nbd.sock');
    const words = [this.#file, '--unix', socket];
    await eventually('nbdfuse shows the disk', async () => {
      // The socket is there before nbdkit listens at it, and who is too early ends.
      if (this.#nbdfuse === null || hasEnded(this.#nbdfuse))
        this.#nbdfuse = spawn('nbdfuse', words, { stdio: 'ignore' });
      return hasSize(this.#file);
    });
  }

  async #unplug(): Promise<void> {
    const args = ['-uz', join(this.#dir, 'sick-fuse')];
    await run({ program: 'fusermount3', args, timeoutSeconds: 60 });
    const nbdfuse = this.#nbdfuse;
    nbdfuse?.kill();
    await eventually('nbdfuse ends', async () => nbdfuse === null || hasEnded(nbdfuse));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.heal();
    await this.vanish();
    await this.#unplug();
    this.#nbdkit.kill();
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

function hasSize(path: string): boolean {
  try {
    return statSync(path).size > 0;
  } catch {
    return false;
  }
}
