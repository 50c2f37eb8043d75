import type { Hold } from '../model/point.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import { jsonText } from '../store/durable.ts';
import { chainPath, holdName, manifestName, pointPath } from '../store/layout.ts';
import { lookThere, refuseWithoutMarker } from './look.ts';
import type { HeldThing } from './mirror.ts';
import { mirrorFailure, withScratch, writeScratch, type Work } from './work.ts';

function heldPath({ directory, chain, pointDirectory }: HeldThing): Result<string, Failure> {
  return pointDirectory === null
    ? chainPath(directory, chain)
    : pointPath({ directory, chain, pointDirectory });
}

/** `Mirror.hold`: two processes. */
export function holdThing(
  work: Work,
  request: HeldThing & { readonly hold: Hold },
): Promise<Result<void, Failure>> {
  const { signal, hold, pointDirectory } = request;
  return withScratch(work, async (scratch) => {
    const above = heldPath(request);
    if (!above.ok) return above;
    const path = `${above.value}/${holdName}`;
    const manifest = pointDirectory === null ? [] : [`${above.value}/${manifestName}`];
    const look = await lookThere(work, scratch, [path, ...manifest], signal);
    if (!look.ok) return look;
    const ours = refuseWithoutMarker(work, look.value);
    if (!ours.ok) return ours;
    if (manifest.some((file) => look.value.read(file) === null)) {
      return mirrorFailure(
        work,
        'not-a-point',
        `${above.value} has no ${manifestName} there, so it cannot be held`,
      );
    }
    const content = jsonText(hold);
    const there = look.value.read(path);
    if (there === content) return ok(undefined);
    if (there !== null) {
      return mirrorFailure(
        work,
        'conflict',
        `${above.value} is held there already; release that hold first`,
      );
    }
    writeScratch(work, scratch, `outgoing/${path}`, content);
    const sent = await work.end.pushNew({
      local: `${scratch}/outgoing`,
      far: work.store,
      paths: [path],
      compare: 'quick',
      onBytes: () => undefined,
      signal,
    });
    return sent.ok ? ok(undefined) : sent;
  });
}

/** `Mirror.release`: two processes, one if there is no hold. */
export function releaseThing(work: Work, request: HeldThing): Promise<Result<void, Failure>> {
  const { signal } = request;
  return withScratch(work, async (scratch) => {
    const above = heldPath(request);
    if (!above.ok) return above;
    const path = `${above.value}/${holdName}`;
    const look = await lookThere(work, scratch, [path], signal);
    if (!look.ok) return look;
    const ours = refuseWithoutMarker(work, look.value);
    if (!ours.ok) return ours;
    if (look.value.read(path) === null) return ok(undefined);
    return work.end.remove(work.store, [[path]], [], signal);
  });
}
