import { readFileSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { isAtOrBelow, parseMountTable } from '../model/mount-table.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { run } from '../process/run.ts';

/**
 * Ends what `exposeImages` and `mountFiles` made below a directory: unmounts,
 * ends the daemon, removes the empty mount points. Something still in use is a
 * failure, and then nothing behind it is ended.
 */
export async function unmountFiles(directory: string): Promise<Result<void, Failure>> {
  const pidFile = join(directory, 'disks', '.qemu-storage-daemon.pid');
  const pid = daemonOf(pidFile);
  if (pid === null) {
    return fail({ code: 'not-a-mount', message: `${directory} holds no mounted point` });
  }
  // The last mounted first: a file system lies on the raw file that was mounted before it.
  for (const place of mountsBelow(directory).toReversed()) {
    const result = await run({ program: 'umount', args: ['--', place], timeoutSeconds: 60 });
    if (!result.ok) {
      return fail({
        code: 'mount-busy',
        message: `${place} is still in use: ${result.error.message}`,
      });
    }
    if (place.startsWith(join(directory, 'disks'))) rmSync(place);
    else rmdirSync(place);
  }
  if (pid.alive) process.kill(pid.pid, 'SIGTERM');
  rmSync(pidFile, { force: true });
  rmdirSync(join(directory, 'disks'));
  return ok(undefined);
}

/** The daemon of the pid file, and whether that process is still the daemon: a pid can be used again. */
function daemonOf(pidFile: string): { readonly pid: number; readonly alive: boolean } | null {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, 'utf8'));
  } catch {
    return null;
  }
  try {
    return { pid, alive: readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('qemu-storage-') };
  } catch {
    return { pid, alive: false };
  }
}

/** Mount points below a directory, in the order in which they were mounted. */
function mountsBelow(directory: string): readonly string[] {
  return parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'))
    .map(({ point }) => point)
    .filter((point) => point !== directory && isAtOrBelow(point, directory));
}
