import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a file of mode 0600 in a new directory of mode 0700, does something with it, and removes both. */
export async function inPrivateFile<T>(
  runDir: string,
  name: string,
  text: string,
  work: (file: string) => Promise<T>,
): Promise<T> {
  const directory = await privateDirectory(runDir);
  try {
    const file = join(directory, name);
    await writeFile(file, text, { mode: 0o600 });
    return await work(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Makes a directory that only we may enter, below one that QEMU may pass through to its sockets. */
export async function privateDirectory(runDir: string): Promise<string> {
  const made = await mkdir(runDir, { recursive: true });
  // The umask may have taken more away; what was there before is not ours to change.
  if (made !== undefined) await chmod(runDir, 0o711);
  return mkdtemp(join(runDir, 'virsh-'));
}
