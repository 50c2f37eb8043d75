import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/process/run.ts';
import { eventually } from './host.ts';
import { sh } from './lab.ts';

/** An ext4 file system on a disk that fails, or is slow, when told to: nbdkit's filters behind nbdfuse and a loop device. */
export class SickDisk implements AsyncDisposable {
  readonly path: string;
  readonly #dir: string;
  readonly #servers: readonly ChildProcess[];
  // One that nobody else gets: the same disk comes back under the same name (G152).
  readonly #loop = `/dev/loop${randomInt(1_000, 100_000)}`;

  private constructor(dir: string, servers: readonly ChildProcess[]) {
    this.#dir = dir;
    this.path = join(dir, 'mounted');
    this.#servers = servers;
  }

  /** `filters`: words of nbdkit beside the error filter, `--filter=rate` and `rate=8M` say. */
  static async mount(
    dir: string,
    sizeMiB: number,
    filters: readonly string[] = [],
    settings: readonly string[] = [],
  ): Promise<SickDisk> {
    mkdirSync(join(dir, 'fuse'), { recursive: true });
    mkdirSync(join(dir, 'mounted'));
    const socket = join(dir, 'nbd.sock');
    const errors = ['error=EIO', 'error-rate=100%', `error-file=${join(dir, 'ill')}`];
    const nbdkit = spawn(
      'nbdkit',
      [
        '-f',
        '-U',
        socket,
        '--filter=error',
        ...filters,
        'memory',
        `${sizeMiB}M`,
        ...errors,
        ...settings,
      ],
      { stdio: 'ignore' },
    );
    await eventually('nbdkit listens', async () => existsSync(socket));
    const file = join(dir, 'fuse', 'disk');
    const nbdfuse = spawn('nbdfuse', [file, '--unix', socket], { stdio: 'ignore' });
    const disk = new SickDisk(dir, [nbdkit, nbdfuse]);
    await eventually('nbdfuse shows the disk', async () => hasSize(file));
    await sh('/sbin/mkfs.ext4', '-q', '-F', '-b', '1024', '-m', '0', file);
    await disk.mountAgain();
    return disk;
  }

  /** From now on every read and write of the disk is an I/O error. */
  fail(): void {
    writeFileSync(join(this.#dir, 'ill'), '');
  }

  /** Works again; what the file system has seen of the errors stays until it is mounted again. */
  heal(): void {
    rmSync(join(this.#dir, 'ill'), { force: true });
  }

  /**
   * Waits for whoever has a file open still and is about to end: a file system
   * that is let go of lazily lives on, and the next mount of its disk would be
   * that one, with the errors that it has seen.
   */
  async unmount(): Promise<void> {
    const umount = async (): Promise<boolean> =>
      (await run({ program: 'umount', args: [this.path], timeoutSeconds: 60 })).ok;
    await eventually('nobody uses the disk', umount);
  }

  /** Takes it away from those who use it. */
  async vanish(): Promise<void> {
    await run({ program: 'umount', args: ['-l', this.path], timeoutSeconds: 60 });
  }

  /** Checks the file system and mounts it. */
  async mountAgain(): Promise<void> {
    const file = join(this.#dir, 'fuse', 'disk');
    await run({ program: '/sbin/e2fsck', args: ['-fy', file], timeoutSeconds: 60 });
    const attach = async (): Promise<boolean> =>
      (await run({ program: 'losetup', args: [this.#loop, file], timeoutSeconds: 60 })).ok;
    // Whoever had a file open when it vanished may hold it for a moment still.
    await eventually('the loop device is free', attach);
    await sh('mount', '-o', 'errors=remount-ro', this.#loop, this.path);
    // From now on it goes with its last user.
    await sh('losetup', '-d', this.#loop);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.heal();
    await this.vanish();
    await run({
      program: 'fusermount3',
      args: ['-uz', join(this.#dir, 'fuse')],
      timeoutSeconds: 60,
    });
    for (const server of this.#servers) server.kill();
  }
}

function hasSize(path: string): boolean {
  try {
    return statSync(path).size > 0;
  } catch {
    return false;
  }
}
