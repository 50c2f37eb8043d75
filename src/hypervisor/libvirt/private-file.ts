import { chmod, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
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

/** Makes a directory that only we may enter, below one that QEMU may pass through to its sockets. */
export async function privateDirectory(runDir: string): Promise<string> {
  const made = await mkdir(runDir, { recursive: true });
  // The umask may have taken more away; what was there before is not ours to change.
  if (made !== undefined) await chmod(runDir, 0o711);
  return mkdtemp(join(runDir, 'virsh-'));
}
