import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { HostSource } from '../policy/host-file.ts';
import { errorNumber } from '../store/attempt.ts';
import { candidate } from './clone.ts';
import { lastWords, type Git } from './git.ts';

/** The newest commit of the branch, and whether it follows from the one in force. */
export interface Fetched {
  readonly tip: string;
  readonly isForward: boolean;
}

/**
 * Fetches the branch without its files, into a reference that stands at the
 * commit in force: without `+`, so that git refuses what does not follow. That
 * it does is asked of git once more, whatever the fetch said.
 */
export async function fetchBranch(
  git: Git,
  directory: string,
  source: HostSource,
  inForce: string | null,
): Promise<Result<Fetched, Failure>> {
  const spec = `refs/heads/${source.branch}:${candidate}`;
  const options = ['--no-tags', '--no-recurse-submodules', '--filter=blob:none'];
  const fetched = await git(['fetch', ...options, 'origin', spec], source.timeoutSeconds);
  if (!fetched.ok) return fail(unreachable(source, fetched.error.message, fetched.error.code));
  const tip = fetchedTip(directory);
  if (tip === null) return fail(unreachable(source, lastWords(fetched.value.err)));
  if (inForce === null) return ok({ tip, isForward: true });
  const beside = await git(['rev-list', '--count', inForce, `^${tip}`, '--']);
  if (!beside.ok) return beside;
  const isForward = beside.value.exit === 0 && beside.value.out.trim() === '0';
  // A fetch that failed for another reason than its direction has brought nothing that can be trusted.
  return isForward && fetched.value.exit !== 0
    ? fail(unreachable(source, lastWords(fetched.value.err)))
    : ok({ tip, isForward });
}

/** What git wrote of the fetch, which it does before it refuses to move a reference. */
function fetchedTip(directory: string): string | null {
  try {
    const [, tip] =
      /^([0-9a-f]{40})\t/.exec(readFileSync(join(directory, 'FETCH_HEAD'), 'utf8')) ?? [];
    return tip ?? null;
  } catch (error) {
    if (errorNumber(error) === null) throw error;
    return null;
  }
}

function unreachable({ url }: HostSource, why: string, code = 'unreachable'): Failure {
  return {
    code: code === 'git-failed' ? code : `source-${code}`,
    message: `${url} could not be fetched: ${why}`,
  };
}
