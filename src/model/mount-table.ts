/** One line of the mount table. */
export interface Mount {
  /** Device, `host:/export`, or a file system's name, as in the mount table. */
  readonly source: string;
  /** Directory, or file, on which it is mounted. */
  readonly point: string;
  readonly readOnly: boolean;
}

/** Reads /proc/self/mountinfo (proc(5)): what is mounted, in the order in which it was. */
export function parseMountTable(table: string): readonly Mount[] {
  return table.split('\n').flatMap((line) => parseMount(line) ?? []);
}

/** Whether a path is, or lies below, another; both absolute. */
export function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || directory === '/' || path.startsWith(`${directory}/`);
}

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

/** The mount table writes space, tab, newline and backslash as octal escapes (proc(5), getmntent(3)). */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_whole, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)),
  );
}
