import { readFile, realpath } from 'node:fs/promises';

/** What is mounted where a path lies. */
export interface Mount {
  /** Device, `host:/export`, or a file system's name, as in the mount table. */
  readonly source: string;
  /** Directory on which it is mounted. */
  readonly point: string;
  readonly readOnly: boolean;
}

/** The mount table writes space, tab, newline and backslash as octal escapes (proc(5), getmntent(3)). */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_whole, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)),
  );
}

/** One line of /proc/self/mountinfo (proc(5)); null if it is none. */
function parseMount(line: string): Mount | null {
  const [head, tail] = line.split(' - ');
  const [, , , , point, options] = head?.split(' ') ?? [];
  const [, source, superOptions] = tail?.split(' ') ?? [];
  if (point === undefined || options === undefined || source === undefined) return null;
  const flags = `${options},${superOptions ?? ''}`.split(',');
  return {
    source: unescapeOctal(source),
    point: unescapeOctal(point),
    readOnly: flags.includes('ro'),
  };
}

/** The mount on which an absolute path without symlinks lies: the longest, and of two on one directory the later. */
export function mountOf(path: string, table: string): Mount | null {
  let found: Mount | null = null;
  for (const line of table.split('\n')) {
    const mount = parseMount(line);
    if (mount === null || !isAtOrBelow(path, mount.point)) continue;
    if (found === null || mount.point.length >= found.point.length) found = mount;
  }
  return found;
}

function isAtOrBelow(path: string, point: string): boolean {
  return path === point || point === '/' || path.startsWith(`${point}/`);
}

/** Looks a path up in the mount table of this process; throws the operating system's error. */
export async function findMount(
  path: string,
): Promise<{ readonly mount: Mount | null; readonly isMountPoint: boolean }> {
  const real = await realpath(path);
  const mount = mountOf(real, await readFile('/proc/self/mountinfo', 'utf8'));
  return { mount, isMountPoint: mount?.point === real };
}
