import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

// Linux's __O_TMPFILE: a file without a name, which leaves nothing behind.
// node:fs does not have it; the number is the same on every architecture of Node.
const unnamedFile = 0o20_000_000;

/** Whether files beside this path, or the device that it is, can be written past the page cache. */
export async function allowsDirectIo(path: string): Promise<boolean> {
  const { O_DIRECT, O_DIRECTORY, O_RDWR } = constants;
  const existing = await stat(path).catch(() => null);
  try {
    const handle =
      existing?.isBlockDevice() === true
        ? await open(path, O_DIRECT | O_RDWR)
        : await open(dirname(path), unnamedFile | O_DIRECTORY | O_DIRECT | O_RDWR, 0o600);
    await handle.close();
    return true;
  } catch {
    return false;
  }
}
