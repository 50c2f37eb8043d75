import { ok, type Failure, type Result } from '../model/result.ts';
import type { ExpectedFile, Transfer } from './far-end.ts';
import type { Transferred } from './mirror.ts';
import { mirrorFailure, type Work } from './work.ts';

/** A point without a manifest there, whose data a check found damaged before it was deleted or cut off. */
export interface MarkedRest {
  /** Its quarantine, below the store's directory. */
  readonly mark: string;
  /** What its files must be, by path below the store's directory. */
  readonly files: ReadonlyMap<string, ExpectedFile>;
}

/** How such files travel: all of a `Transfer` but which of them. */
type Way = Pick<Transfer, 'local' | 'far' | 'onBytes' | 'signal'>;

/**
 * Makes such rests what the store has, before their manifests come back: their size and time are those of the
 * original, so that only their bytes tell. What differs is sent again and read again, and only then the mark goes;
 * cut off in between, the next copy meets the mark. `hash-differs` when a file is damaged even then: it stays
 * marked, and no point.
 */
export async function mendRests(
  work: Work,
  way: Way,
  rests: readonly MarkedRest[],
): Promise<Result<Transferred, Failure>> {
  const { end, store } = work;
  const before = await differing(work, way, new Map(rests.flatMap(({ files }) => [...files])));
  if (!before.ok) return before;
  const expected = before.value;
  const request = { ...way, compare: 'content', paths: [...expected.keys()], expected } as const;
  const sent = expected.size === 0 ? nothing : await end.push(request);
  if (!sent.ok) return sent;
  const after = expected.size === 0 ? ok(expected) : await differing(work, way, expected);
  if (!after.ok) return after;
  const [still] = after.value.keys();
  if (still !== undefined) {
    const words = `${still} was damaged there, was sent again, and is not what its manifest says; verify the point in the store, and look at the disk there`;
    return mirrorFailure(work, 'hash-differs', words);
  }
  const marks = rests.map(({ mark }) => mark);
  const lifted = await end.remove(store, [marks], [], way.signal);
  return lifted.ok ? sent : lifted;
}

const nothing = ok<Transferred>({ files: 0, bytes: 0, durability: 'synced' });

/** Those files that are not there, or are something else. */
async function differing(
  { end }: Work,
  { far, signal }: Way,
  files: ReadonlyMap<string, ExpectedFile>,
): Promise<Result<ReadonlyMap<string, ExpectedFile>, Failure>> {
  const made = await end.hash({
    far,
    paths: [...files.keys()],
    onPath: () => undefined,
    rateBytesPerSecond: null,
    signal,
  });
  if (!made.ok) return made;
  const { hashes } = made.value;
  return ok(new Map([...files].filter(([path, { sha256 }]) => hashes.get(path) !== sha256)));
}
