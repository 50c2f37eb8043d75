import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instantOf } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { makeWay } from '../store/durable.ts';
import { realFiles } from '../store/files.ts';
import { takeLock } from '../store/lock.ts';
import { pushConfig, type GitPlace } from './git-config.ts';
import { gitIn, lastWords, type Git } from './git.ts';
import { publishDirectory, readPublishState, writePublishState } from './publish-state.ts';

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
  /** Of what a reader would call news. */
  readonly digest: string;
}

/** Who publishes: where it remembers, by which clock, and how it is ended. */
export interface Publisher {
  readonly stateDir: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
}

// Another publication is done in seconds, or at its own deadline.
const lockSeconds = 20;

const email = 'holdfast@localhost';

/**
 * Puts one more commit with these files, and no others, on the host's branch. It is never pushed by force: what
 * somebody else has put there is refused, and stays. The commit is made in a bare repository that is thrown
 * away. Gives the commit; what came of it is remembered.
 */
export async function publish(
  publisher: Publisher,
  place: PublishPlace,
  told: Published,
): Promise<Result<string, Failure>> {
  const { stateDir, now, signal } = publisher;
  const directory = publishDirectory(stateDir);
  const made = attempt(`making ${directory}`, () => ok(makeWay(realFiles, directory)));
  if (!made.ok) return made;
  const lock = await takeLock(`${directory}/lock`, 'what is published', lockSeconds);
  if (!lock.ok) return fail({ code: lock.error.code, message: lock.error.message });
  const repository = join(directory, 'repository.git');
  try {
    const ready = newRepository(repository, place, told);
    const pushed = ready.ok
      ? await push(gitIn(repository, signal), repository, place, told)
      : ready;
    // Who was ended in the middle did not fail: the next one begins at once.
    if (signal?.aborted === true) return pushed;
    const before = readPublishState(stateDir);
    if (!before.ok) return before;
    const at = instantOf(now());
    const { url, branch } = place;
    const written = writePublishState(
      stateDir,
      pushed.ok
        ? { told: { at, url, branch, commit: pushed.value, digest: told.digest }, failed: null }
        : { told: before.value.told, failed: { at, message: pushed.error.message } },
    );
    return written.ok ? pushed : written;
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
  const config = pushConfig(place, { name: author, email });
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
  told: Published,
): Promise<Result<string, Failure>> {
  const parent = await tipOf(git, place, told.author);
  if (!parent.ok) return parent;
  const commit = await commitOf(git, repository, told, parent.value);
  if (!commit.ok) return commit;
  const spec = `${commit.value}:refs/heads/${place.branch}`;
  const pushed = await git(['push', '--porcelain', 'origin', spec], place.timeoutSeconds);
  if (pushed.ok && pushed.value.exit === 0) return commit;
  const why = pushed.ok
    ? (refusalIn(pushed.value.out) ?? lastWords(pushed.value.err))
    : pushed.error.message;
  return notPublished(place, why);
}

function notPublished({ url, branch }: PublishPlace, why: string): Result<never, Failure> {
  return fail({ code: 'not-published', message: `${url} did not take ${branch}: ${why}` });
}

/** The branch's newest commit, which must be ours, with what it stands for; null: there is no such branch yet. */
async function tipOf(
  git: Git,
  place: PublishPlace,
  author: string,
): Promise<Result<string | null, Failure>> {
  const ref = `refs/heads/${place.branch}`;
  const listed = await git(['ls-remote', 'origin', ref], place.timeoutSeconds);
  if (!listed.ok) return notPublished(place, listed.error.message);
  if (listed.value.exit !== 0) return notPublished(place, lastWords(listed.value.err));
  if (listed.value.out.trim() === '') return ok(null);
  // The newest commit alone: the one that follows is sent as what differs from it.
  const options = ['--depth=1', '--no-tags', '--no-recurse-submodules'];
  const fetched = await git(['fetch', ...options, 'origin', ref], place.timeoutSeconds);
  if (!fetched.ok) return notPublished(place, fetched.error.message);
  if (fetched.value.exit !== 0) return notPublished(place, lastWords(fetched.value.err));
  const told = await line(git, ['log', '--max-count=1', '--format=%H %ae %an', 'FETCH_HEAD', '--']);
  if (!told.ok) return told;
  const [tip = '', by = '', ...name] = told.value.split(' ');
  if (by === email && name.join(' ') === author) return ok(tip);
  return notPublished(
    place,
    `its newest commit is of ${name.join(' ')}; name a branch that this host alone writes (publish.branch)`,
  );
}

async function commitOf(
  git: Git,
  repository: string,
  { files, subject }: Published,
  parent: string | null,
): Promise<Result<string, Failure>> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(repository, 'told');
    writeFileSync(path, text, { mode: 0o600 });
    const blob = await line(git, ['hash-object', '-w', '--no-filters', '--', path]);
    if (!blob.ok) return blob;
    const cacheInfo = `100644,${blob.value},${name}`;
    const added = await line(git, ['update-index', '--add', '--cacheinfo', cacheInfo]);
    if (!added.ok) return added;
  }
  const tree = await line(git, ['write-tree']);
  if (!tree.ok) return tree;
  const parents = parent === null ? [] : ['-p', parent];
  return line(git, ['commit-tree', ...parents, '-m', subject, tree.value]);
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
