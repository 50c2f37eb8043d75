import { readFile, realpath } from 'node:fs/promises';
import { isAtOrBelow, type Mount, parseMountTable } from '../model/mount-table.ts';

/** The mount on which an absolute path without symlinks lies: the longest, and of two on one directory the later. */
export function mountOf(path: string, table: string): Mount | null {
  let found: Mount | null = null;
  for (const mount of parseMountTable(table)) {
    if (!isAtOrBelow(path, mount.point)) continue;
    if (found === null || mount.point.length >= found.point.length) found = mount;
  }
  return found;
}

/** Looks a path up in the mount table of this process; throws the operating system's error. */
export async function findMount(
  path: string,
): Promise<{ readonly mount: Mount | null; readonly isMountPoint: boolean }> {
  const real = await realpath(path);
  const mount = mountOf(real, await readFile('/proc/self/mountinfo', 'utf8'));
  return { mount, isMountPoint: mount?.point === real };
}
