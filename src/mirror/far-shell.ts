import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { run, type Output } from '../process/run.ts';
import { farFailure } from './far-failure.ts';
import { shellWord, sshDestination } from './ssh-words.ts';
import type { RsyncTarget } from './target.ts';

/** Where scripts run: here, or at the other end of ssh. */
export interface FarShell {
  readonly name: string;
  readonly target: string;
  readonly place: RsyncTarget;
  /** Up to the host; unused for a directory of this host. */
  readonly ssh: readonly string[];
}

/** A script of ours: one line, POSIX sh, without any of our data. */
interface Script {
  readonly text: string;
  /** Its standard input: names reach the far end only as lines, which no shell reads as words. */
  readonly lines: readonly string[];
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  readonly onStdout?: (text: string) => void;
}

// What our scripts end with when the root is not there.
const rootMissing = 44;

/** Goes to the root, whose name is the first line. */
const toRoot = `IFS= read -r root; cd -- "$root" 2>/dev/null || exit ${rootMissing}; `;

/** Runs a script at the root. */
export async function runThere(
  shell: FarShell,
  script: Script,
): Promise<Result<Output, Failure & { readonly stderr: string; readonly stdout: string }>> {
  const { name, target, place, ssh } = shell;
  const text = toRoot + script.text;
  const [program = '', ...args] =
    place.kind === 'local'
      ? ['/bin/sh', '-c', text]
      : [...ssh, ...sshDestination(place), `exec sh -c ${shellWord(text)}`];
  const done = await run({
    program,
    args,
    input: [place.path, ...script.lines].map((line) => `${line}\n`).join(''),
    timeoutSeconds: script.timeoutSeconds,
    signal: script.signal,
    endsWithUs: true,
    ...(script.onStdout === undefined
      ? {}
      : { onText: { from: 'stdout', hear: script.onStdout } as const }),
  });
  if (done.ok) return ok(done.value);
  const { exitCode, stderr, stdout } = done.error;
  const failure =
    exitCode === rootMissing
      ? {
          code: 'mirror-missing',
          message: `mirror ${name} (${target}): ${place.path} is not there; mount its disk or make the directory`,
        }
      : farFailure(name, target, done.error);
  return fail({ ...failure, stderr, stdout });
}

/** Durable before it is called done: file systems that cannot be synced alone are with all others. */
export const syncAll = 'sync -f . 2>/dev/null || sync';
