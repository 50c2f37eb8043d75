import { instantOf, type Instant } from '../model/instant.ts';
import type { CheckedCommit, SourceRefusal } from '../model/policy-source.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { HostSource } from '../policy/host-file.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { attempt } from '../store/attempt.ts';
import { makeWay } from '../store/durable.ts';
import { realFiles } from '../store/files.ts';
import { takeLock } from '../store/lock.ts';
import { held, prepareClone, sourceDirectory } from './clone.ts';
import { fetchBranch } from './fetch.ts';
import { gitIn, type Git } from './git.ts';
import { blobReader, readPolicyFiles } from './read-blobs.ts';
import { readGuarded, readSigners, type Signers } from './signers.ts';
import { readSourceState, writeSourceState, type InForce, type SourceState } from './state.ts';
import { isGood, maxCommits, verifyCommits } from './verify-commits.ts';

/** A source of policies, and where this host keeps what it knows of it. */
export interface SourceSetting {
  readonly source: HostSource;
  readonly stateDir: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** What a look at the branch found. */
export interface SourceLook {
  /** As it is remembered now. */
  readonly state: SourceState;
  /** Every commit that was checked, oldest first. */
  readonly commits: readonly CheckedCommit[];
  /** This look brought another commit into force. */
  readonly changed: boolean;
}

// Another command that fetches is done in seconds, or at its own deadline.
const lockSeconds = 20;

/**
 * Fetches the branch and follows it as far as may be: every commit since the
 * one in force is verified, and the policy at the newest one is read and
 * checked. Whatever is wrong, what was in force stays in force; `refused` and
 * `failed` of the state say what. A failure: nothing can be remembered here.
 */
export async function lookAtSource(setting: SourceSetting): Promise<Result<SourceLook, Failure>> {
  return underLock(setting, async () => {
    const state = readSourceState(setting.stateDir);
    if (!state.ok) return state;
    const found = await follow(setting, state.value);
    const at = instantOf(setting.now());
    const next = found.ok ? found.value : null;
    const look: SourceLook = {
      commits: next?.commits ?? [],
      changed: next !== null && next.inForce?.commit !== state.value.inForce?.commit,
      state: found.ok
        ? {
            ...state.value,
            inForce: found.value.inForce,
            fetchedAt: at,
            refused: refusedSince(found.value.refusal, state.value, at),
            failed: null,
          }
        : { ...state.value, failed: { at, failure: found.error } },
    };
    const written = writeSourceState(setting.stateDir, look.state);
    return written.ok ? ok(look) : written;
  });
}

/** Does something with the clone while nobody else does. */
export async function underLock<T>(
  { stateDir }: SourceSetting,
  body: () => Promise<Result<T, Failure>>,
): Promise<Result<T, Failure>> {
  const directory = sourceDirectory(stateDir);
  const made = attempt(`making ${directory}`, () => ok(makeWay(realFiles, directory)));
  if (!made.ok) return made;
  const lock = await takeLock(`${directory}/lock`, 'the policy source', lockSeconds);
  if (!lock.ok) return fail({ code: lock.error.code, message: lock.error.message });
  try {
    return await body();
  } finally {
    lock.value.release();
  }
}

/** The same refusal is as old as its first time. */
function refusedSince(
  refusal: SourceRefusal | null,
  { refused }: SourceState,
  at: Instant,
): SourceState['refused'] {
  if (refusal === null) return null;
  const isSame = refused?.refusal.tip === refusal.tip && refused.refusal.code === refusal.code;
  return { at: isSame ? refused.at : at, refusal };
}

interface Followed {
  readonly inForce: InForce | null;
  readonly refusal: SourceRefusal | null;
  readonly commits: readonly CheckedCommit[];
}

async function follow(
  setting: SourceSetting,
  { inForce }: SourceState,
): Promise<Result<Followed, Failure>> {
  const { source } = setting;
  const ready = readyClone(setting, inForce?.commit ?? null);
  if (!ready.ok) return ready;
  const { git, directory, signers } = ready.value;
  const fetched = await fetchBranch(git, directory, source, inForce?.commit ?? null);
  if (!fetched.ok) return fetched;
  const { tip, isForward } = fetched.value;
  const stay = (
    refusal: Omit<SourceRefusal, 'tip'>,
    commits: readonly CheckedCommit[],
  ): Result<Followed, Failure> => ok({ inForce, refusal: { ...refusal, tip }, commits });
  if (inForce !== null && !isForward)
    return stay({ code: 'G102', facts: { applied: short(inForce.commit), tip: short(tip) } }, []);
  const range = { inForce: inForce?.commit ?? null, tip };
  const commits = await verifyCommits(git, range, signers);
  if (!commits.ok) return commits;
  if (commits.value === null)
    return stay(
      { code: 'G101', facts: { commit: short(tip), why: 'too-many', limit: maxCommits } },
      [],
    );
  const bad = commits.value.find((commit) => !isGood(commit));
  if (bad !== undefined) return stay(unsigned(bad), commits.value);
  const policy = await policyAt(git, source, tip);
  if (!policy.ok) return policy;
  if ('refusal' in policy.value) return stay(policy.value.refusal, commits.value);
  const kept = await git(['update-ref', held, tip]);
  if (!kept.ok) return kept;
  const isSame = inForce?.commit === tip;
  return ok({
    inForce: {
      commit: tip,
      url: source.url,
      branch: source.branch,
      path: source.path,
      signer: isSame ? inForce.signer : (commits.value.at(-1)?.signer ?? ''),
      since: isSame ? inForce.since : instantOf(setting.now()),
      files: policy.value.files,
    },
    refusal: null,
    commits: commits.value,
  });
}

/** The clone, ready for a fetch, and who may sign. */
export function readyClone(
  { source, stateDir, now, signal }: SourceSetting,
  inForce: string | null,
): Result<{ readonly git: Git; readonly directory: string; readonly signers: Signers }, Failure> {
  const signers = readSigners(source.verify.signers, now());
  if (!signers.ok) return signers;
  // git takes a list that it cannot read for a reason to refuse everything; say which it is.
  const revoked = source.verify.revoked === null ? null : readGuarded(source.verify.revoked);
  if (revoked?.ok === false) return revoked;
  const directory = prepareClone(stateDir, source, { signers: signers.value.text, inForce });
  if (!directory.ok) return directory;
  return ok({
    git: gitIn(directory.value, signal),
    directory: directory.value,
    signers: signers.value,
  });
}

/** The refusal of a commit that may not be followed. */
export function unsigned({ commit, verdict, author }: CheckedCommit): Omit<SourceRefusal, 'tip'> {
  return { code: 'G101', facts: { commit: short(commit), why: verdict, author } };
}

/** The policy at a verified commit, checked; or why it is refused. */
export async function policyAt(
  git: Git,
  source: HostSource,
  commit: string,
): Promise<
  Result<
    { readonly files: InForce['files'] } | { readonly refusal: Omit<SourceRefusal, 'tip'> },
    Failure
  >
> {
  const { path, timeoutSeconds } = source;
  const filtered = await readPolicyFiles(git, commit, path, timeoutSeconds);
  const isHeldBack =
    !filtered.ok && 'code' in filtered.error && filtered.error.code === 'source-unreachable';
  const files = isHeldBack ? await readWhole(git, source, commit) : filtered;
  if (!files.ok) {
    const { error } = files;
    if ('code' in error) return fail(error);
    return ok({
      refusal: { code: 'G103', facts: { commit: short(commit), path: error.path, why: error.why } },
    });
  }
  const policy = readPolicy(path, blobReader(files.value, commit));
  if (policy.ok) return ok({ files: files.value });
  const errors = policy.error.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const place = `${first?.range?.filename ?? path}:${first?.range?.start.line ?? 1}`;
  return ok({
    refusal: {
      code: 'G106',
      facts: {
        commit: short(commit),
        errors: errors.length,
        first: `${place}: ${first?.summary ?? ''}`,
      },
    },
  });
}

/**
 * Reads the files after a fetch of everything: a server that speaks the old protocol
 * (sshd hands GIT_PROTOCOL on only if it is told to) gives out no single file.
 */
async function readWhole(
  git: Git,
  { branch, path, timeoutSeconds }: HostSource,
  commit: string,
): ReturnType<typeof readPolicyFiles> {
  const options = ['--no-tags', '--no-recurse-submodules', '--refetch', '--no-filter'];
  const whole = await git(['fetch', ...options, 'origin', `refs/heads/${branch}`], timeoutSeconds);
  return whole.ok ? readPolicyFiles(git, commit, path, timeoutSeconds) : whole;
}

/** A commit as people read it. */
export function short(commit: string): string {
  return commit.slice(0, 7);
}
