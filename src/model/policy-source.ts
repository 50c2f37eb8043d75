import type { Instant } from './instant.ts';

/**
 * Why the newest commit of a git source is not followed: a guard's code, and the
 * facts that its sentence is made of. What was in force before stays in force.
 */
export interface SourceRefusal {
  /** G101 signature, G102 not forwards, G103 no plain file, G106 not valid. */
  readonly code: 'G101' | 'G102' | 'G103' | 'G106';
  /** The newest commit of the branch. */
  readonly tip: string;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** Why a commit counts, or does not. */
export type CommitVerdict =
  /** Signed by a listed key. */
  | 'signed'
  /** Below a signed commit that vouches for it (`Holdfast-Seal:`). */
  | 'sealed'
  | 'unsigned'
  /** Signed by a key that is not in the file. */
  | 'unlisted'
  /** Signed by a key whose time was over, when the commit was dated or now. */
  | 'expired'
  /** Signed by a revoked key, or the signature does not fit the commit. */
  | 'bad';

/** A commit that was looked at. */
export interface CheckedCommit {
  readonly commit: string;
  /** As the allowed signers call it; null of a signature that does not count. */
  readonly signer: string | null;
  readonly key: string | null;
  readonly author: string;
  readonly subject: string;
  readonly verdict: CommitVerdict;
}

/** The commit that the policy in force is of. */
export interface CommitInForce {
  readonly commit: string;
  readonly url: string;
  readonly branch: string;
  /** The policy's file in the repository. */
  readonly path: string;
  /** Whose signature the commit carries. */
  readonly signer: string;
  /** Since when it is in force here. */
  readonly since: Instant;
}

/** That a person said: this commit, whatever was before it. */
export interface SourceReset {
  readonly at: Instant;
  readonly by: string;
  readonly reason: string;
  readonly from: string | null;
  readonly to: string;
}
