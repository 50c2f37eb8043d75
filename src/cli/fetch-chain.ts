import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Mirror } from '../mirror/mirror.ts';
import type { ChainId } from '../model/identity.ts';
import type { Manifest } from '../model/point.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { humanBytes } from '../reporter/human-bytes.ts';
import { say, type Context } from './context.ts';

/** Points of one chain at a mirror, from its full on. */
export interface ChainCopies {
  readonly directory: string;
  readonly chain: ChainId;
  /** By sequence. */
  readonly pointDirectories: readonly string[];
  readonly bytes: number;
}

// A person wants to see that it goes on; a log wants no more lines than that.
const tellMilliseconds = 10_000;

/** Brings the points into `<root>/domains/<directory>/<chain>`, and says how far it is. */
export async function fetchChain(
  context: Context,
  mirror: Mirror,
  { directory, chain, pointDirectories, bytes }: ChainCopies,
  root: string,
  signal: AbortSignal,
): Promise<Result<readonly Manifest[], Failure>> {
  const into = join(root, 'domains', directory, chain);
  try {
    mkdirSync(into, { recursive: true, mode: 0o700 });
  } catch (error) {
    return fail({ code: 'no-directory', message: `${into} cannot be made: ${String(error)}` });
  }
  let done = 0;
  let toldAt = performance.now();
  const fetched = await mirror.fetch({
    directory,
    chain,
    pointDirectories,
    into,
    signal,
    onBytes: (count) => {
      done += count;
      if (performance.now() - toldAt < tellMilliseconds) return;
      toldAt = performance.now();
      say(context, `${directory}: ${humanBytes(done)} of ${humanBytes(bytes)}`);
    },
  });
  return fetched.ok ? ok(fetched.value.manifests) : fetched;
}
