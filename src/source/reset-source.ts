import { instantOf } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { fetchBranch } from './fetch.ts';
import {
  policyAt,
  readyClone,
  short,
  underLock,
  unsigned,
  type SourceLook,
  type SourceSetting,
} from './look-at-source.ts';
import { noState, readSourceState, writeSourceState, type SourceState } from './state.ts';
import { isGood, verifyCommits } from './verify-commits.ts';

/** What a person says when the branch was rewritten on purpose. */
export interface ResetRequest {
  /** A commit of the branch, whole or its first digits; null: its newest one. */
  readonly to: string | null;
  readonly by: string;
  readonly reason: string;
}

/**
 * Begins anew: the commit becomes the one in force whatever was before it, if
 * it is on the branch, signed by an allowed signer, and its policy is valid. From it
 * on every commit is verified as always. It is remembered who said so.
 */
export async function resetSource(
  setting: SourceSetting,
  request: ResetRequest,
): Promise<Result<SourceLook, Failure>> {
  return underLock(setting, async () => {
    // One that cannot be read is a reason to begin anew.
    const known = readSourceState(setting.stateDir);
    const state = known.ok ? known.value : noState;
    const look = await begin(setting, state, request);
    if (!look.ok || look.value.state.refused !== null) return look;
    const written = writeSourceState(setting.stateDir, look.value.state);
    return written.ok ? look : written;
  });
}

async function begin(
  setting: SourceSetting,
  state: SourceState,
  { to, by, reason }: ResetRequest,
): Promise<Result<SourceLook, Failure>> {
  const { source } = setting;
  const ready = readyClone(setting, null);
  if (!ready.ok) return ready;
  const { git, directory, signers } = ready.value;
  const fetched = await fetchBranch(git, directory, source, null);
  if (!fetched.ok) return fetched;
  const { tip } = fetched.value;
  const named = await git(['rev-parse', '--verify', '--quiet', `${to ?? tip}^{commit}`]);
  if (!named.ok) return named;
  const commit = named.value.out.trim();
  const beside = await git(['rev-list', '--count', commit || '-', `^${tip}`, '--']);
  if (!beside.ok) return beside;
  if (beside.value.exit !== 0 || beside.value.out.trim() !== '0')
    return fail({
      code: 'not-on-branch',
      message: `${to ?? tip} is no commit of the branch ${source.branch}, whose newest is ${short(tip)}`,
    });
  const commits = await verifyCommits(git, { inForce: null, tip: commit }, signers);
  if (!commits.ok) return commits;
  const at = instantOf(setting.now());
  const [head] = commits.value ?? [];
  const refusedBy = (refusal: Omit<SourceState['refused'] & {}, 'at'>): SourceLook => ({
    state: { ...state, refused: { at, ...refusal } },
    commits: commits.value ?? [],
    changed: false,
  });
  if (head === undefined || !isGood(head))
    return ok(
      refusedBy({
        refusal: {
          ...(head === undefined ? { code: 'G101', facts: {} } : unsigned(head)),
          tip: commit,
        },
      }),
    );
  const policy = await policyAt(git, source, commit);
  if (!policy.ok) return policy;
  if ('refusal' in policy.value)
    return ok(refusedBy({ refusal: { ...policy.value.refusal, tip: commit } }));
  const { url, branch, path } = source;
  const from = state.inForce?.commit ?? null;
  return ok({
    changed: from !== commit,
    commits: commits.value ?? [],
    state: {
      inForce: {
        commit,
        url,
        branch,
        path,
        signer: head.signer ?? '',
        since: at,
        files: policy.value.files,
      },
      fetchedAt: at,
      refused: null,
      failed: null,
      resets: [{ at, by, reason, from, to: commit }, ...state.resets],
    },
  });
}
