import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { run } from '../process/run.ts';

/** One image that is shown as a raw file. */
export interface ExposedDisk {
  readonly target: string;
  /** The raw file, as large as the disk, readable by whoever exposed it. */
  readonly file: string;
}

/** Images of a point, shown read-only as raw files until the daemon is ended. */
export interface Exposure {
  readonly pid: number;
  readonly disks: readonly ExposedDisk[];
}

/**
 * Shows qcow2 chains as raw files in a directory, through QEMU's FUSE export
 * (qemu-storage-daemon, from Debian's qemu-system-common). Nothing is copied and
 * nothing can be written.
 */
export async function exposeImages(
  images: readonly { readonly target: string; readonly path: string }[],
  directory: string,
): Promise<Result<Exposure, Failure>> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const disks = images.map(({ target }) => ({ target, file: join(directory, `${target}.raw`) }));
  // A FUSE export is mounted over an existing file.
  for (const { file } of disks) closeSync(openSync(file, 'ax', 0o600));
  const pidFile = join(directory, '.qemu-storage-daemon.pid');
  const args = images.flatMap(({ path }, index) => [
    '--blockdev',
    // JSON, because a comma in a path would end an option of the other form.
    JSON.stringify({
      driver: 'file',
      'node-name': `file${index}`,
      filename: path,
      'read-only': true,
    }),
    '--blockdev',
    JSON.stringify({
      driver: 'qcow2',
      'node-name': `disk${index}`,
      file: `file${index}`,
      'read-only': true,
    }),
    '--export',
    JSON.stringify({
      type: 'fuse',
      id: `export${index}`,
      'node-name': `disk${index}`,
      mountpoint: disks[index]?.file ?? '',
      writable: false,
    }),
  ]);
  const started = await run({
    program: 'qemu-storage-daemon',
    args: [...args, '--pidfile', pidFile, '--daemonize'],
    timeoutSeconds: 60,
  });
  if (!started.ok) {
    return fail({
      code: 'not-exposed',
      message: `The images could not be shown as files: ${started.error.message}`,
    });
  }
  return ok({ pid: Number(readFileSync(pidFile, 'utf8')), disks });
}
