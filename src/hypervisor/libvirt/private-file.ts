import { chmod, mkdir, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives a text to a program as a file, by the path of our own descriptor. The
 * file has lost its name before anything is written into it: a definition
 * may hold passwords, and a run that is killed must not leave them behind.
 */
export async function inPrivateFile<T>(
  runDir: string,
  text: string,
  work: (file: string) => Promise<T>,
): Promise<T> {
  const directory = await privateDirectory(runDir);
  const file = await open(join(directory, 'text'), 'wx+', 0o600).finally(() =>
    rm(directory, { recursive: true, force: true }),
  );
  try {
    await file.writeFile(text);
    return await work(`/proc/${process.pid}/fd/${file.fd}`);
  } finally {
    await file.close();
  }
}

const prefix = 'virsh-';

// The guard of an open point reads its directory while it freezes and thaws: minutes, at worst.
const leftAfterMilliseconds = 24 * 3600_000;

/**
 * Makes a directory that only we may enter, below one that QEMU may pass through to its sockets. Those that
 * processes left which were killed in the instant before they could remove them go with the first one a day later.
 */
export async function privateDirectory(runDir: string): Promise<string> {
  const made = await mkdir(runDir, { recursive: true });
  // The umask may have taken more away; what was there before is not ours to change.
  if (made !== undefined) await chmod(runDir, 0o711);
  await sweep(runDir, Date.now() - leftAfterMilliseconds);
  return mkdtemp(join(runDir, prefix));
}

async function sweep(runDir: string, beforeMilliseconds: number): Promise<void> {
  for (const name of await readdir(runDir)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(runDir, name);
    // Another process may have been faster.
    const found = await stat(path).catch(() => null);
    if (found === null || found.mtimeMs > beforeMilliseconds) continue;
    await rm(path, { recursive: true, force: true });
  }
}
