import type { FarFile } from './far-end.ts';

/** Reads `rsync --list-only -r --no-h`; directories are left out. Odd characters come as `\#ooo`, so a line is an entry. */
export function parseRsyncList(stdout: string): readonly FarFile[] {
  return stdout.split('\n').flatMap((line): readonly FarFile[] => {
    const [, type, bytes = '', day = '', time = '', path = ''] =
      /^([-dlcbps])[-rwxsStT]{9} +(\d+) (\S+) (\S+) (.*)$/.exec(line) ?? [];
    if (type === undefined || type === 'd') return [];
    const kind = type === '-' ? 'file' : type === 'l' ? 'symlink' : 'other';
    const name = kind === 'symlink' ? path.replace(/ -> .*$/, '') : path;
    return [{ path: name, kind, bytes: Number(bytes), version: `${day} ${time}` }];
  });
}

/** Names of directories, one level deep. */
export function parseRsyncDirectories(stdout: string): readonly string[] {
  return stdout.split('\n').flatMap((line) => {
    const [, name] = /^d\S{9} +\d+ \S+ \S+ (.*)$/.exec(line) ?? [];
    return name === undefined || name === '.' ? [] : [name];
  });
}

/** Counts from the end of `--stats`: files that travelled, and their bytes. */
export function parseRsyncStats(stdout: string): {
  readonly files: number;
  readonly bytes: number;
} {
  const [, files = '0'] = /^Number of regular files transferred: (\d+)/m.exec(stdout) ?? [];
  const [, bytes = '0'] = /^Total transferred file size: (\d+) bytes/m.exec(stdout) ?? [];
  return { files: Number(files), bytes: Number(bytes) };
}

/** Hears `--info=progress2` in any pieces, and tells the bytes that are new. */
export function hearRsyncProgress(onBytes: (bytes: number) => void): (text: string) => void {
  let told = 0;
  let tail = '';
  return (text) => {
    const lines = `${tail}${text}`.split(/[\r\n]/);
    tail = lines.pop() ?? '';
    for (const line of lines) {
      const [, sum] = /^ *(\d+) +\d+% /.exec(line) ?? [];
      const bytes = Number(sum ?? 0);
      if (bytes > told) {
        onBytes(bytes - told);
        told = bytes;
      }
    }
  };
}
