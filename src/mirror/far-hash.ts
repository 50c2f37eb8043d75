import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { runThere, type FarShell } from './far-shell.ts';

// Terabytes at the pace of a slow disk: days.
const timeoutSeconds = 14 * 24 * 3600;

// `--` and lines: no name is an option. Files that cannot be read are told by having no hash.
const script =
  'IFS= read -r far; cd -- "$far" || exit 1; command -v sha256sum >/dev/null || { echo "sha256sum: not found" >&2; exit 127; }; ' +
  'while IFS= read -r path; do sha256sum -- "$path"; done; exit 0';

const lineForm = /^([0-9a-f]{64}) [ *](.*)$/;

/** SHA-256 of files, made where they lie. */
export async function hashThere(
  shell: FarShell,
  request: {
    readonly far: string;
    readonly paths: readonly string[];
    readonly onPath: (path: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<
  Result<{ readonly hashes: ReadonlyMap<string, string>; readonly at: 'far-end' }, Failure>
> {
  const hashes = new Map<string, string>();
  let tail = '';
  const done = await runThere(shell, {
    text: script,
    lines: [request.far, ...request.paths],
    timeoutSeconds,
    signal: request.signal,
    onStdout: (text) => {
      const lines = `${tail}${text}`.split('\n');
      tail = lines.pop() ?? '';
      for (const line of lines) {
        const [, hash, path] = lineForm.exec(line) ?? [];
        if (hash === undefined || path === undefined) continue;
        hashes.set(path, hash);
        request.onPath(path);
      }
    },
  });
  if (done.ok) return ok({ hashes, at: 'far-end' });
  return fail({ code: done.error.code, message: done.error.message });
}
