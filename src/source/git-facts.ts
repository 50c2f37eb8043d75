import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { SimpleGit } from 'simple-git';

/** Where a policy file stands in git. */
export interface GitFacts {
  /** null when HEAD is detached. */
  readonly branch: string | null;
  /** 40 hex digits; null before the first commit. */
  readonly commit: string | null;
  /** The file differs from what the commit holds, or is not in it. */
  readonly dirty: boolean;
}

// A repository may name programs that git runs on a mere look: none of them is
// to run as us. simple-git wants to hear twice that these values are meant.
const config = ['core.hooksPath=/dev/null', 'core.fsmonitor=false'];

// A look at one file takes milliseconds; a git that waits for something waits for ever.
const timeoutMilliseconds = 10_000;

/** The git facts of a policy file; null when it is in no repository, or there is no git. */
export async function gitFacts(file: string): Promise<GitFacts | null> {
  let git: SimpleGit;
  let name: string;
  try {
    const real = realpathSync(file);
    name = basename(real);
    const { simpleGit } = await import('simple-git');
    git = simpleGit({
      baseDir: dirname(real),
      config,
      timeout: { block: timeoutMilliseconds },
      unsafe: { allowUnsafeHooksPath: true, allowUnsafeFsMonitor: true },
    }).env({ PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' });
    if (!(await git.checkIsRepo())) return null;
  } catch {
    // Not readable, no git, another user's repository: there are no facts, and
    // the policy is as good without them.
    return null;
  }
  const commit = await answer(git, ['rev-parse', '--verify', '--quiet', 'HEAD']);
  const branch = await answer(git, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  // Blobs are compared, without filters: `git status` may run programs that the repository names.
  const committed = await answer(git, ['rev-parse', '--verify', '--quiet', `HEAD:./${name}`]);
  const present = await answer(git, ['hash-object', '--no-filters', '--', name]);
  return { branch, commit, dirty: committed === null || committed !== present };
}

/** What git answers, trimmed; null when it has no answer. */
async function answer(git: SimpleGit, args: readonly string[]): Promise<string | null> {
  try {
    const text = (await git.raw([...args])).trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}
