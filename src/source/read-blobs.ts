import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { loadFiles, type PolicyReader } from '../policy/include.ts';
import type { Git } from './git.ts';

/** A file as it is in a commit. */
export interface BlobText {
  readonly path: string;
  readonly text: string;
}

// As of files on this host: ten thousand domains with a rule each are less.
const maxBytes = 1024 ** 2;

// A policy is made of a few files; all of them are kept beside the state.
const maxFiles = 64;

/** Why a file of a commit is not taken (G103), by its path. */
export interface BlobRefusal {
  readonly path: string;
  readonly why: string;
}

/**
 * The policy and what it includes, as they are in a verified commit: plain
 * blobs, from git's objects; nothing is ever checked out. Files that were filtered out of
 * the fetch are fetched now. Missing or strange included files are mistakes of
 * the policy, which tells their place; a main file like that is the failure.
 */
export async function readPolicyFiles(
  git: Git,
  commit: string,
  path: string,
  timeoutSeconds: number,
): Promise<Result<readonly BlobText[], BlobRefusal | Failure>> {
  const known = new Map<string, Result<string, Failure>>();
  for (;;) {
    const missing: string[] = [];
    loadFiles(path, {
      read: (wanted) => {
        const text = known.get(wanted);
        if (text === undefined) missing.push(wanted);
        return text ?? fail({ code: 'not-read', message: 'not read yet' });
      },
    });
    if (missing.length === 0) break;
    for (const wanted of missing) {
      if (known.size >= maxFiles)
        return fail({ path: wanted, why: `one of more than ${maxFiles} files` });
      const blob = await readBlob(git, commit, wanted, timeoutSeconds);
      if (!blob.ok && 'code' in blob.error) return fail(blob.error);
      if (!blob.ok && wanted === path) return fail(blob.error);
      known.set(wanted, blob.ok ? blob : fail({ code: 'not-a-file', message: whyOf(blob.error) }));
    }
  }
  return ok(
    [...known].flatMap(([file, text]) => (text.ok ? [{ path: file, text: text.value }] : [])),
  );
}

const whyOf = (error: BlobRefusal | Failure): string =>
  'why' in error ? `it is ${error.why} in the commit` : error.message;

/** Reads from files that were read before. */
export function blobReader(files: readonly BlobText[], commit: string): PolicyReader {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  return {
    read: (path) => {
      const text = texts.get(path);
      return text === undefined
        ? fail({
            code: 'not-a-file',
            message: `it is no plain file of at most 1 MiB in the commit ${commit.slice(0, 7)}`,
          })
        : ok(text);
    },
  };
}

const kinds: Readonly<Record<string, string>> = {
  '120000': 'a symbolic link',
  '160000': 'a submodule',
  '040000': 'a directory',
};

async function readBlob(
  git: Git,
  commit: string,
  path: string,
  timeoutSeconds: number,
): Promise<Result<string, BlobRefusal | Failure>> {
  const refused = (why: string): Result<string, BlobRefusal> => fail({ path, why });
  const tree = await git(['ls-tree', '-z', '--full-tree', commit, '--', path]);
  if (!tree.ok) return tree;
  const [, mode = '', blob = ''] = /^(\d{6}) \w+ ([0-9a-f]{40})\t/.exec(tree.value.out) ?? [];
  if (tree.value.exit !== 0 || mode === '') return refused('not there');
  if (mode !== '100644' && mode !== '100755') return refused(kinds[mode] ?? `of mode ${mode}`);
  const size = await git(['cat-file', '-s', blob], timeoutSeconds);
  if (!size.ok) return size;
  if (size.value.exit !== 0)
    return fail({
      code: 'source-unreachable',
      message: `${path} of commit ${commit.slice(0, 7)} could not be fetched`,
    });
  if (Number(size.value.out) > maxBytes) return refused('larger than 1 MiB');
  const text = await git(['cat-file', 'blob', blob]);
  if (!text.ok) return text;
  return text.value.exit === 0
    ? ok(text.value.out)
    : fail({ code: 'git-failed', message: `git did not show ${path} of commit ${commit}` });
}
