import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { simpleGit } from 'simple-git';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { gitIn } from './git.ts';
import { readPolicyFiles, type BlobText } from './read-blobs.ts';

/** A policy as it is in a revision of the repository that its file lies in. */
export interface BaseRevision {
  readonly commit: string;
  /** The policy's path in the repository. */
  readonly path: string;
  readonly files: readonly BlobText[];
}

// A clone of a build has what it needs, or fetches it in seconds.
const timeoutSeconds = 60;

/**
 * Reads what a policy's file was in a revision (`main`, `HEAD~1`, a commit) of
 * the clone that it lies in: from git's objects, no file is touched.
 */
export async function readBaseRevision(
  file: string,
  revision: string,
): Promise<Result<BaseRevision, Failure>> {
  const place = await placeInRepository(file);
  if (!place.ok) return place;
  const git = gitIn(place.value.gitDirectory);
  const named = await git([
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${revision}^{commit}`,
  ]);
  if (!named.ok) return named;
  const commit = named.value.out.trim();
  if (named.value.exit !== 0 || !/^[0-9a-f]{40}$/.test(commit))
    return fail({
      code: 'no-revision',
      message: `this clone has no revision ${revision}: fetch it, as in git fetch origin main`,
    });
  const { path } = place.value;
  const files = await readPolicyFiles(git, commit, path, timeoutSeconds);
  if (files.ok) return ok({ commit, path, files: files.value });
  return 'code' in files.error
    ? fail(files.error)
    : fail({
        code: 'no-base-policy',
        message: `${path} is ${files.error.why} in ${revision}: there is nothing to compare with`,
      });
}

async function placeInRepository(
  file: string,
): Promise<Result<{ readonly gitDirectory: string; readonly path: string }, Failure>> {
  try {
    const real = realpathSync(file);
    // A repository may name programs that git runs on a mere look: none of them is to run as us.
    const answers = await simpleGit({
      baseDir: dirname(real),
      config: ['core.hooksPath=/dev/null', 'core.fsmonitor=false'],
      unsafe: { allowUnsafeHooksPath: true, allowUnsafeFsMonitor: true },
    })
      .env({ PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' })
      .raw(['rev-parse', '--absolute-git-dir', '--show-prefix']);
    const [gitDirectory = '', prefix = ''] = answers.split('\n');
    return ok({ gitDirectory, path: `${prefix}${basename(real)}` });
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
    return fail({ code: 'no-repository', message: `${file} lies in no git repository: ${why}` });
  }
}
