import type { Mirror } from '../mirror/mirror.ts';
import type { HideCopies, PurgeCopies } from '../model/copy-action.ts';
import type { ObservedMirrorDirectory } from '../model/observed-mirror.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { failed, interrupted, type NotDone, stale } from './not-done.ts';
import type { Tools } from './tools.ts';

/** What a deletion at a mirror looks at, fresh: nothing there is decided by what a plan saw earlier (I4). */
export interface MirrorLook {
  readonly mirror: Mirror;
  /** The domain's copies there; null if there are none. */
  readonly directory: ObservedMirrorDirectory | null;
}

// A look that takes longer than the one that the plan was made from is no look
// to delete by; the next plan deletes.
const lookSeconds = 600;

/** Looks at the mirror of a deletion. Not seen, or not all of it, is never taken for empty. */
export async function lookAtMirror(
  { mirror: ref, directory }: HideCopies | PurgeCopies,
  tools: Tools,
): Promise<Result<MirrorLook, NotDone>> {
  const mirror = tools.drivers.openMirror(ref);
  if (!mirror.ok) return failed(mirror.error);
  const late = AbortSignal.timeout(lookSeconds * 1000);
  const content = await mirror.value.observe({ signal: AbortSignal.any([tools.signal, late]) });
  if (!content.seen) return tools.signal.aborted ? interrupted : failed(content.failure);
  const { directories, unreadable } = content.value;
  const known = new Set(directories.map((one) => one.directory));
  const odd = unreadable.find(({ path }) => {
    const [top, owner = ''] = path.split('/');
    return top !== 'domains' || !known.has(owner) || owner === directory;
  });
  if (odd !== undefined) {
    const message = `Something at mirror ${ref.name} cannot be read, so nothing is deleted there: ${odd.path}: ${odd.message}`;
    return stale('unreadable', message);
  }
  const own = directories.find((one) => one.directory === directory) ?? null;
  return ok({ mirror: mirror.value, directory: own });
}

// What a mirror says when the copies are not what the plan saw: nothing is wrong with it.
const refusals: ReadonlySet<string> = new Set(['held', 'conflict']);

/** Why a change at a mirror was not made. */
export function notChanged(failure: Failure, { signal }: Pick<Tools, 'signal'>) {
  if (signal.aborted) return interrupted;
  return refusals.has(failure.code) ? stale(failure.code, failure.message) : failed(failure);
}
