import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { makeWay } from '../store/durable.ts';
import { realFiles } from '../store/files.ts';
import { takeLock } from '../store/lock.ts';
import { pushConfig, type GitPlace } from './git-config.ts';
import { gitIn, lastWords, type Git } from './git.ts';

/** Where a host tells its state: a branch that it alone writes. */
export interface PublishPlace extends GitPlace {
  readonly branch: string;
}

/** What is told. */
export interface Published {
  /** Texts by file name; a name has no slash. */
  readonly files: Readonly<Record<string, string>>;
  /** First line of the commit. */
  readonly subject: string;
  /** Who tells it: `holdfast on kvm01`. */
  readonly author: string;
}

// Another publication is done in seconds, or at its own deadline.
const lockSeconds = 20;

/**
 * Replaces a branch by one commit without parents that holds these files: the
 * state of a host has no history, and the repository does not grow by it. What
 * is pushed is made in a bare repository that is thrown away. Gives the commit.
 */
export async function publish(
  stateDir: string,
  place: PublishPlace,
  told: Published,
): Promise<Result<string, Failure>> {
  const directory = join(stateDir, 'publish');
  const made = attempt(`making ${directory}`, () => ok(makeWay(realFiles, directory)));
  if (!made.ok) return made;
  const lock = await takeLock(`${directory}/lock`, 'what is published', lockSeconds);
  if (!lock.ok) return fail({ code: lock.error.code, message: lock.error.message });
  const repository = join(directory, 'repository.git');
  try {
    const ready = newRepository(repository, place, told);
    return ready.ok ? await push(gitIn(repository), repository, place, told) : ready;
  } finally {
    rmSync(repository, { recursive: true, force: true });
    lock.value.release();
  }
}

/** An empty bare repository; what a killed one left is removed first. */
function newRepository(
  repository: string,
  place: PublishPlace,
  { author }: Published,
): Result<void, Failure> {
  const config = pushConfig(place, author);
  if (!config.ok) return config;
  return attempt(`preparing ${repository}`, () => {
    rmSync(repository, { recursive: true, force: true });
    for (const part of ['objects', 'refs/heads']) makeWay(realFiles, join(repository, part));
    writeFileSync(join(repository, 'HEAD'), 'ref: refs/heads/none\n');
    writeFileSync(join(repository, 'config'), config.value);
    return ok(undefined);
  });
}

async function push(
  git: Git,
  repository: string,
  place: PublishPlace,
  { files, subject }: Published,
): Promise<Result<string, Failure>> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(repository, 'told');
    writeFileSync(path, text, { mode: 0o600 });
    const blob = await line(git, ['hash-object', '-w', '--no-filters', '--', path]);
    if (!blob.ok) return blob;
    const added = await line(git, [
      'update-index',
      '--add',
      '--cacheinfo',
      `100644,${blob.value},${name}`,
    ]);
    if (!added.ok) return added;
  }
  const tree = await line(git, ['write-tree']);
  if (!tree.ok) return tree;
  const commit = await line(git, ['commit-tree', '-m', subject, tree.value]);
  if (!commit.ok) return commit;
  const spec = `+${commit.value}:refs/heads/${place.branch}`;
  const pushed = await git(['push', '--porcelain', 'origin', spec], place.timeoutSeconds);
  if (pushed.ok && pushed.value.exit === 0) return commit;
  const why = pushed.ok
    ? (refusalIn(pushed.value.out) ?? lastWords(pushed.value.err))
    : pushed.error.message;
  return fail({
    code: 'not-published',
    message: `${place.url} did not take ${place.branch}: ${why}`,
  });
}

/** What one line of git says; a failure says what git said. */
async function line(git: Git, args: readonly string[]): Promise<Result<string, Failure>> {
  const ran = await git(args);
  if (!ran.ok) return ran;
  if (ran.value.exit === 0) return ok(ran.value.out.trim());
  return fail({ code: 'git-failed', message: `git ${args[0]}: ${lastWords(ran.value.err)}` });
}

/** git-push(1), --porcelain: `!` TAB from:to TAB summary, for a branch that was refused. */
function refusalIn(porcelain: string): string | null {
  const [, why] = /^!\t[^\t]*\t(.*)$/m.exec(porcelain) ?? [];
  return why ?? null;
}
