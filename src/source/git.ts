import { simpleGit } from 'simple-git';
import { fail, ok, type Failure, type Result } from '../model/result.ts';

/** What a git did: its exit status decides, its text only explains. */
export interface GitRan {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs git in one bare repository of ours. A failure: git could not be run to its end. */
export type Git = (
  args: readonly string[],
  timeoutSeconds?: number,
) => Promise<Result<GitRan, Failure>>;

// Whatever only reads what is here takes milliseconds; a disk that sleeps takes seconds.
const localSeconds = 30;

/** Variables of git that we set ourselves; simple-git lets no other one through. */
const variables = {
  // No configuration but the repository's own, which we write.
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_OPTIONAL_LOCKS: '0',
} as const;

/**
 * Git for a bare repository: its own configuration and nothing else, no
 * question, no hook. HOME is the repository, so that no user's `.gitconfig`
 * counts; ssh takes its home from the user database and finds its keys.
 */
export function gitIn(directory: string, signal?: AbortSignal): Git {
  return async (args, timeoutSeconds = localSeconds) => {
    const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
    const ended = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
    let ran = { exit: -1, err: '' };
    const git = simpleGit({
      baseDir: directory,
      abort: ended,
      allowEnvironment: ['GIT_DIR', ...Object.keys(variables)],
      // A status without words is one too: simple-git takes exit 1 with an empty
      // standard error for success, and `verify-commit` of an unsigned commit is that.
      errors: (error, { exitCode, stdErr }) => {
        ran = { exit: exitCode, err: Buffer.concat(stdErr).toString('utf8') };
        return exitCode >= 0 && !ended.aborted ? undefined : error;
      },
      // Not the exit: what git wrote last may arrive after it.
      completion: { onClose: true, onExit: false },
    }).env({
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: directory,
      XDG_CONFIG_HOME: directory,
      LC_ALL: 'C',
      GIT_DIR: directory,
      ...variables,
    });
    try {
      // A child of git that was killed may keep the pipes open: it is not waited for.
      const out = await Promise.race([git.raw([...args]), whenAborted(ended)]);
      if (out !== null && !ended.aborted) return ok({ ...ran, out });
      return fail(
        deadline.aborted
          ? { code: 'timed-out', message: `git ${args[0]} took longer than ${timeoutSeconds} s` }
          : { code: 'canceled', message: 'it was interrupted' },
      );
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return fail({ code: 'git-failed', message: `git could not be run: ${why.trim()}` });
    }
  };
}

async function whenAborted(signal: AbortSignal): Promise<null> {
  if (signal.aborted) return null;
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

// Advice of git that says less than the line before it.
const advice = /^(and the repository exists|Please make sure you have the correct access)/;

/** The line in which git, or the ssh under it, says what is wrong. */
export function lastWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !advice.test(line));
  const told = lines.filter(
    (line) => !line.startsWith('fatal: Could not read from remote repository'),
  );
  return (told.at(-1) ?? lines.at(-1) ?? 'git gives no reason')
    .replace(/^(fatal|error): /, '')
    .replace(/\.$/, '');
}
