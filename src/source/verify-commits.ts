import type { CheckedCommit, CommitVerdict } from '../model/policy-source.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import type { Git } from './git.ts';
import type { Signers } from './signers.ts';

/** Whether a commit may be followed. */
export function isGood({ verdict }: CheckedCommit): boolean {
  return verdict === 'signed' || verdict === 'sealed';
}

// A policy does not change a thousand times between two looks; each signature costs some milliseconds.
export const maxCommits = 1000;

// A thousand names of commits do not fit everywhere on a command line.
const atOnce = 50;

const sealTrailer = 'Holdfast-Seal';
const fields = ['%H', '%G?', '%GS', '%GK', '%an', '%s', `%(trailers:key=${sealTrailer},valueonly)`];

/**
 * Checks every commit from the one in force (exclusive) to the tip, oldest
 * first; with none in force the tip alone, which its signer vouches for with
 * all that is below it. A commit is signed when git says `G` *and*
 * `verify-commit` ends with 0 *and* a listed signer is named: text that begins
 * with "Good" stands under an unlisted key too. null: there are too many.
 */
export async function verifyCommits(
  git: Git,
  range: { readonly inForce: string | null; readonly tip: string },
  signers: Pick<Signers, 'listed' | 'expired'>,
): Promise<Result<readonly CheckedCommit[] | null, Failure>> {
  const { inForce, tip } = range;
  const limit = inForce === null ? 1 : maxCommits + 1;
  const span = inForce === null ? [tip] : [tip, `^${inForce}`];
  const format = `--format=tformat:${fields.join('%x00')}`;
  const log = await git([
    'log',
    '-z',
    '--no-show-signature',
    '--topo-order',
    `--max-count=${limit}`,
    format,
    ...span,
    '--',
  ]);
  if (!log.ok) return log;
  if (log.value.exit !== 0) return ok([unreadable(tip)]);
  const found = recordsIn(log.value.out).toReversed();
  if (found.length > maxCommits) return ok(null);
  const proven = await provenOf(
    git,
    found.filter(({ state, signer }) => state === 'G' && signer !== '').map(({ commit }) => commit),
  );
  if (!proven.ok) return proven;
  const checked = found.map((one) => ({ ...one, verdict: verdictOf(one, proven.value, signers) }));
  const sealed = await sealedBy(git, inForce, checked);
  if (!sealed.ok) return sealed;
  return ok(
    checked.map(({ commit, signer, key, author, subject, verdict }) => ({
      commit,
      signer: verdict === 'signed' ? signer : null,
      key: key === '' ? null : key,
      author,
      subject,
      verdict: verdict !== 'signed' && sealed.value.has(commit) ? 'sealed' : verdict,
    })),
  );
}

interface LoggedCommit {
  readonly commit: string;
  readonly state: string;
  readonly signer: string;
  readonly key: string;
  readonly author: string;
  readonly subject: string;
  readonly seal: string;
}

/** Fields cannot hold the character that divides them: git ends a message at it. */
function recordsIn(output: string): readonly LoggedCommit[] {
  const cells = output.split('\0');
  return Array.from({ length: Math.floor(cells.length / fields.length) }, (_, index) => {
    const [commit = '', state = '', signer = '', key = '', author = '', subject = '', seal = ''] =
      cells.slice(index * fields.length, (index + 1) * fields.length);
    return { commit, state, signer, key, author, subject, seal };
  });
}

const unreadable = (commit: string): CheckedCommit => ({
  commit,
  signer: null,
  key: null,
  author: '',
  subject: '',
  verdict: 'bad',
});

/** Those for which `verify-commit` ends with 0: all at once, and one by one where that fails. */
async function provenOf(
  git: Git,
  commits: readonly string[],
): Promise<Result<ReadonlySet<string>, Failure>> {
  const proven = new Set<string>();
  for (let at = 0; at < commits.length; at += atOnce) {
    const some = commits.slice(at, at + atOnce);
    const all = await git(['verify-commit', ...some]);
    if (!all.ok) return all;
    if (all.value.exit === 0) {
      for (const commit of some) proven.add(commit);
      continue;
    }
    for (const commit of some) {
      const one = await git(['verify-commit', commit]);
      if (!one.ok) return one;
      if (one.value.exit === 0) proven.add(commit);
    }
  }
  return ok(proven);
}

function verdictOf(
  { commit, state, key }: LoggedCommit,
  proven: ReadonlySet<string>,
  signers: Pick<Signers, 'listed' | 'expired'>,
): CommitVerdict {
  if (proven.has(commit)) return 'signed';
  if (state === 'N') return 'unsigned';
  if (state !== 'U') return 'bad';
  // Listed, and yet not taken: its time was over by the date of the commit, or it is by ours.
  return signers.expired.has(key) || signers.listed.has(key) ? 'expired' : 'unlisted';
}

/** Commits that a signed one above them vouches for. */
async function sealedBy(
  git: Git,
  inForce: string | null,
  checked: readonly (LoggedCommit & { readonly verdict: CommitVerdict })[],
): Promise<Result<ReadonlySet<string>, Failure>> {
  const sealed = new Set<string>();
  if (checked.every(({ verdict }) => verdict === 'signed')) return ok(sealed);
  for (const { commit, verdict, seal } of checked) {
    if (verdict !== 'signed' || seal.trim() === '') continue;
    const below = await git([
      'rev-list',
      commit,
      ...(inForce === null ? [] : [`^${inForce}`]),
      '--',
    ]);
    if (!below.ok) return below;
    for (const one of below.value.out.split('\n')) sealed.add(one.trim());
  }
  return ok(sealed);
}
