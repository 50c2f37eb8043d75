import type { Failure, Result } from '../model/result.ts';

/** A range of a source. `clean`: unchanged since the parent of an increment; never in a full. */
export interface SourceExtent {
  readonly offset: number;
  readonly length: number;
  readonly kind: 'data' | 'zero' | 'clean';
}

/** What an image is made of: the whole content of a disk at one instant. An open NBD export is one. */
export interface BlockSource {
  readonly sizeBytes: number;
  /** All extents in order, without gaps, in batches; ends after the first failure. */
  extents(): AsyncIterable<Result<readonly SourceExtent[], Failure>>;
  /** Reads exactly `into.length` bytes into `into`, which lies in shared memory. Many may be under way. */
  read(offset: number, into: Uint8Array): Promise<Result<void, Failure>>;
}
