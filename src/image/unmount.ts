import { lstatSync, readdirSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { isAtOrBelow, parseMountTable } from '../model/mount-table.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { run } from '../process/run.ts';

/**
 * Ends what `exposeImages` and `mountFiles` made below a directory: unmounts,
 * ends the daemon, removes the empty mount points, also of a mount that died
 * half way. Something still in use is a failure, and then nothing behind it is
 * ended; what holds anything stays.
 */
export async function unmountFiles(directory: string): Promise<Result<void, Failure>> {
  const disks = join(directory, 'disks');
  const pidFile = join(disks, '.qemu-storage-daemon.pid');
  const pid = daemonOf(pidFile);
  // Looked up before they go: the mount points of file systems are named after them.
  const targets = targetsIn(disks);
  if (pid === null && targets.length === 0) {
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
  }
  if (pid?.alive === true) process.kill(pid.pid, 'SIGTERM');
  rmSync(pidFile, { force: true });
  for (const target of targets) removePlaces(directory, target);
  return removeEmpty(disks);
}

/** Disks that were shown, or were to be: each has a file to be mounted over. */
function targetsIn(disks: string): readonly string[] {
  return namesIn(disks)
    .filter((name) => name.endsWith('.raw'))
    .map((name) => name.slice(0, -'.raw'.length));
}

/** Removes the places of a disk and its file systems, which nothing is mounted on any more, if they are empty. */
function removePlaces(directory: string, target: string): void {
  const raw = join(directory, 'disks', `${target}.raw`);
  if (lstatSync(raw, { throwIfNoEntry: false })?.size === 0) rmSync(raw);
  for (const name of namesIn(directory)) {
    if (!name.startsWith(target) || !/^\d*$/.test(name.slice(target.length))) continue;
    removeEmpty(join(directory, name));
  }
}

function removeEmpty(directory: string): Result<void, Failure> {
  try {
    rmdirSync(directory);
    return ok(undefined);
  } catch (error) {
    const message = `${directory} is unmounted, and stays: ${String(error)}`;
    return fail({ code: 'not-empty', message });
  }
}

/** None in what is no directory. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
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
