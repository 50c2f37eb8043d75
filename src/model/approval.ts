import type { Instant } from './instant.ts';

/** That a person allows what a guard blocks: of one host, one guard, one scope, and nothing but what they saw. */
export interface Approval {
  /** Digest of what was said; the same words said twice are one approval. */
  readonly id: string;
  readonly host: string;
  readonly code: string;
  /** The guard's own scope: one for a domain does not count for the host. */
  readonly scope: string;
  /** What may be done, each once (`subjectDigest`). */
  readonly subjects: readonly string[];
  readonly madeAt: Instant;
  readonly until: Instant;
  /** Who, as the file of approvers calls them. */
  readonly by: string;
  /** A signed file, or a line in a signed commit. */
  readonly how: 'signature' | 'commit';
}
