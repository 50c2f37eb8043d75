import { join } from 'node:path/posix';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { FarFile, FarListing } from './far-end.ts';
import { runThere, type FarShell } from './far-shell.ts';

// Listing a million files takes a NAS minutes.
const timeoutSeconds = 1800;

// Free space, a line, and each file as NUL-ended `type bytes time path`.
const script =
  'df -Pk . 2>/dev/null; echo //; IFS= read -r below; cd -- "$below" 2>/dev/null || exit 0; ' +
  String.raw`echo present; exec find . ! -type d -printf "%y %s %T@ %P\0"`;

/**
 * All files below a directory of the far end, and its free space, in one
 * process. `not-supported` where the account has no shell, or its `find` no
 * `-printf`: `rsync --list-only` can still tell the files then.
 */
export async function findThere(
  shell: FarShell,
  below: string,
  signal: AbortSignal,
): Promise<Result<FarListing, Failure>> {
  const done = await runThere(shell, { text: script, lines: [below], timeoutSeconds, signal });
  if (done.ok) return ok(parseFound(done.value.stdout));
  const { code, message, stderr, stdout } = done.error;
  // Files that end while they are looked at: a copy is under way, and its point has no manifest yet.
  if (stdout.includes('//\npresent\n') && onlyVanished(stderr)) return ok(parseFound(stdout));
  const noFind = /printf|unrecognized|predicate|SSH_ORIGINAL_COMMAND|not found/.test(stderr);
  return fail(
    code === 'mirror-failed' && noFind ? { code: 'not-supported', message } : { code, message },
  );
}

/** What of the far end can make a copy fail: free bytes at the root (null: unknown), and a directory that is not ours to write. */
export interface Room {
  readonly freeBytes: number | null;
  readonly closed: string | null;
}

const roomScript =
  'df -Pk .; echo //; IFS= read -r below; for each in . "./$below"; do ' +
  '[ ! -e "$each" ] || [ -w "$each" ] || { echo "$each"; exit 0; }; done';

/** Asks for the room below a directory; null where nobody can tell. */
export async function roomThere(
  shell: FarShell,
  below: string,
  signal: AbortSignal,
): Promise<Room | null> {
  const asked = { text: roomScript, lines: [below], timeoutSeconds: 60, signal };
  const done = await runThere(shell, asked);
  if (!done.ok) return null;
  const [space = '', closed = ''] = done.value.stdout.split('//\n');
  return {
    freeBytes: parseSpace(space)?.freeBytes ?? null,
    closed: closed === '' ? null : join(shell.place.path, closed.trimEnd()),
  };
}

function onlyVanished(stderr: string): boolean {
  const lines = stderr.split('\n').filter((line) => line !== '');
  return (
    lines.length > 0 && lines.every((line) => /^find: .*: No such file or directory$/.test(line))
  );
}

/** Reads what the script prints. */
export function parseFound(stdout: string): FarListing {
  const cut = stdout.indexOf('//\n');
  const [head, rest] = [stdout.slice(0, cut), stdout.slice(cut + 3)];
  const space = parseSpace(head) ?? { freeBytes: null };
  if (!rest.startsWith('present\n')) return { present: false, files: [], ...space };
  const files = rest
    .slice('present\n'.length)
    .split('\0')
    .flatMap((entry): readonly FarFile[] => {
      const [, type, bytes = '', version = '', path = ''] =
        /^(\S) (\d+) (\S+) (.*)$/s.exec(entry) ?? [];
      if (type === undefined) return [];
      const kind = type === 'f' ? 'file' : type === 'l' ? 'symlink' : 'other';
      return [{ path, kind, bytes: Number(bytes), version }];
    });
  return { present: true, files, ...space };
}

/** Of `df -Pk`, whose last line ends in `… 1024-blocks used available capacity mount`; null of anything else. */
function parseSpace(
  text: string,
): { readonly freeBytes: number; readonly totalBytes: number } | null {
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  const [, total, available] = /\s(\d+)\s+\d+\s+(\d+)\s+\d+%\s/.exec(line) ?? [];
  if (total === undefined || available === undefined) return null;
  return { freeBytes: Number(available) * 1024, totalBytes: Number(total) * 1024 };
}
