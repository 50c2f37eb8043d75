import { instantOf } from '../model/instant.ts';
import type { SourceRefusal } from '../model/policy-source.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { PolicyReader } from '../policy/include.ts';
import { lookAtSource, type SourceSetting } from './look-at-source.ts';
import { blobReader } from './read-blobs.ts';
import { readSourceState, type InForce, type SourceState } from './state.ts';

/** The policy that is in force, and what is known of its source. */
export interface OpenedSource {
  readonly inForce: InForce;
  /** Reads the policy (`inForce.path`) and what it includes. */
  readonly reader: PolicyReader;
  /** For the policy's resolution: what plans and manifests say of it, and the guard that speaks. */
  readonly git: {
    readonly branch: string;
    readonly commit: string;
    readonly refused?: SourceRefusal;
  };
  readonly state: SourceState;
  /** This very look brought the commit into force. */
  readonly changed: boolean;
}

/** Why there is no policy: with a refusal, if it is that the newest commit may not be followed. */
export interface SourceFailure extends Failure {
  readonly refusal: SourceRefusal | null;
}

/**
 * The policy of a git source. With `fetch` the branch is looked at first, and
 * followed as far as it may be; without, what is in force counts, unless there
 * is nothing yet. A source that cannot be reached, or that is refused, leaves the last good
 * policy in force: `state.failed`, `state.refused` and `git.refused` say so.
 */
export async function openSource(
  setting: SourceSetting,
  { fetch }: { readonly fetch: boolean },
): Promise<Result<OpenedSource, SourceFailure>> {
  const known = readSourceState(setting.stateDir);
  if (!known.ok) return fail({ ...known.error, refusal: null });
  const isOther = known.value.inForce?.path !== setting.source.path;
  if (!fetch && !isOther) return opened(known.value, setting, false);
  const look = await lookAtSource(setting);
  if (look.ok) return opened(look.value.state, setting, look.value.changed);
  // Another command holds the clone, or the disk is full: what is in force needs neither.
  const at = instantOf(setting.now());
  return opened({ ...known.value, failed: { at, failure: look.error } }, setting, false);
}

function opened(
  state: SourceState,
  { source }: SourceSetting,
  changed: boolean,
): Result<OpenedSource, SourceFailure> {
  const { inForce, refused, failed } = state;
  if (inForce === null || inForce.path !== source.path) {
    const refusal = refused?.refusal ?? null;
    const { code, message } =
      failed?.failure ??
      ({ code: 'source-refused', message: 'the newest commit may not be followed' } as const);
    return fail({ code, message, refusal: failed === null ? refusal : null });
  }
  return ok({
    inForce,
    reader: blobReader(inForce.files, inForce.commit),
    git: {
      branch: inForce.branch,
      commit: inForce.commit,
      ...(refused === null ? {} : { refused: refused.refusal }),
    },
    state,
    changed,
  });
}
