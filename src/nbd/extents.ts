import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Agreed } from './negotiate.ts';
import { stateDirty, stateZero } from './protocol.ts';
import type { ContextChunks } from './replies.ts';

/**
 * A range of the export. `zero` reads as zeros, `clean` is unchanged since
 * the checkpoint (never in a full), everything else is `data`.
 */
export interface Extent {
  readonly offset: number;
  readonly length: number;
  readonly kind: 'data' | 'zero' | 'clean';
}

/** Asks for the block status from an offset on. */
export type AskStatus = (offset: number, length: number) => Promise<Result<ContextChunks, Failure>>;

// A reply has the extents of both contexts. Where one of them ends early the
// next request repeats the rest of the other, so a request must not span more
// than is cheap to hear twice: 1 GiB is at most 16,384 extents of a bitmap
// with the usual granularity of 64 KiB.
const requestBytes = 1024 ** 3;

/**
 * All extents of an export in order, without gaps and without overlaps, in
 * batches of one reply each. Linear in the number of extents. Ends after the
 * first failure.
 */
export async function* readExtents(
  ask: AskStatus,
  agreed: Agreed,
): AsyncGenerator<Result<readonly Extent[], Failure>> {
  let offset = 0;
  while (offset < agreed.sizeBytes) {
    const length = Math.min(requestBytes, agreed.sizeBytes - offset);
    const reply = await ask(offset, length);
    if (!reply.ok) {
      yield reply;
      return;
    }
    const extents = mergeContexts(reply.value, agreed, offset, length);
    const last = extents?.at(-1);
    if (extents === null || last === undefined) {
      yield fail({
        code: 'nbd-protocol',
        message: `the server's block status at ${offset} lacks a context, or does not advance`,
      });
      return;
    }
    yield ok(extents);
    offset = last.offset + last.length;
  }
}

/** Walks through one context's pairs of length and flags. */
class Cursor {
  private readonly pairs: Uint32Array;
  private index = 0;
  /** What is left of the current pair; 0 at the end. */
  left: number;

  constructor(pairs: Uint32Array) {
    this.pairs = pairs;
    this.left = pairs[0] ?? 0;
  }

  get flags(): number {
    return this.pairs[this.index + 1] ?? 0;
  }

  advance(length: number): void {
    this.left -= length;
    if (this.left > 0) return;
    this.index += 2;
    this.left = this.pairs[this.index] ?? 0;
  }
}

/**
 * Joins `base:allocation` and the dirty bitmap as far as both go: clean unless
 * dirty; dirty zeros are zeros, so that what was discarded since the parent is
 * not answered from it. null if a context is missing.
 */
export function mergeContexts(
  contexts: ContextChunks,
  agreed: Pick<Agreed, 'allocationId' | 'dirtyId'>,
  from: number,
  length: number,
): readonly Extent[] | null {
  const allocation = contexts.get(agreed.allocationId);
  const dirty = agreed.dirtyId === null ? null : contexts.get(agreed.dirtyId);
  if (allocation === undefined || dirty === undefined) return null;
  const states = new Cursor(allocation);
  const changes = dirty === null ? null : new Cursor(dirty);
  const end = from + length;
  const extents: Extent[] = [];
  let start = from;
  let offset = from;
  let kind: Extent['kind'] | null = null;
  while (offset < end) {
    const step = Math.min(states.left, changes?.left ?? end, end - offset);
    if (step === 0) break;
    const now = kindOf(states.flags, changes?.flags ?? stateDirty);
    if (kind !== null && now !== kind) {
      extents.push({ offset: start, length: offset - start, kind });
      start = offset;
    }
    kind = now;
    offset += step;
    states.advance(step);
    changes?.advance(step);
  }
  if (kind !== null) extents.push({ offset: start, length: offset - start, kind });
  return extents;
}

function kindOf(allocation: number, dirty: number): Extent['kind'] {
  if ((dirty & stateDirty) === 0) return 'clean';
  return (allocation & stateZero) === 0 ? 'data' : 'zero';
}
