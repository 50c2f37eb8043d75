import type { StoreRef } from '../model/action-base.ts';
import type { Instant } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from './attempt.ts';
import { whatIsInTheWay, writeBeginnings } from './create.ts';
import { jsonText, writeDurable } from './durable.ts';
import { realFiles, type Files } from './files.ts';
import { storeIdShape } from './identity-shape.ts';
import { markerName } from './layout.ts';
import { formatOne, parseShape, record } from './shape.ts';

/** At the root of a store that is being refilled, instead of its marker: nobody takes it for a store yet. */
export const refillName = 'refill.json';

const refillShape = record((field) => ({
  formatVersion: field('formatVersion', formatOne),
  store: field('store', storeIdShape),
}));

/** Begins to bring a lost store back into an empty directory, or goes on with what was begun for the same store. */
export function beginRefill(ref: StoreRef, files: Files = realFiles): Result<void, Failure> {
  const { name, path: root, id } = ref;
  return attempt(`refilling store ${name} in ${root}`, () => {
    if (files.look(`${root}/.`)?.kind !== 'directory') {
      return fail({
        code: 'not-found',
        message: `store ${name}: ${root} is no directory; make it (mkdir -m 0700 ${root}) or mount its disk`,
      });
    }
    const names = files.list(root);
    if (names.includes(markerName)) {
      return fail({
        code: 'exists',
        message: `store ${name}: ${root} is a store already; copies come back only into an empty directory`,
      });
    }
    if (names.includes(refillName)) {
      const begun = parseShape(files.read(`${root}/${refillName}`), refillShape);
      if (begun.ok && begun.value.store === id) return ok(undefined);
      const whose = begun.ok ? `store ${begun.value.store}` : 'nobody knows what';
      return fail({
        code: 'other-refill',
        message: `store ${name}: ${root} was begun to be refilled with ${whose}, and not with ${id}; empty it first`,
      });
    }
    const odd = whatIsInTheWay(names, (below) => files.list(`${root}/${below}`));
    if (odd !== null) {
      return fail({
        code: 'not-empty',
        message: `store ${name}: ${root} is not empty (${odd}); copies come back only into an empty directory`,
      });
    }
    writeDurable(files, root, refillName, jsonText({ formatVersion: 1, store: id }));
    return ok(undefined);
  });
}

/** Makes a store of what has come back, with the id that it had. */
export function endRefill(
  ref: StoreRef,
  at: Instant,
  files: Files = realFiles,
): Result<void, Failure> {
  const { name, path: root } = ref;
  return attempt(`making store ${name} of what came back to ${root}`, () => {
    writeBeginnings(files, ref, at);
    files.removeFile(`${root}/${refillName}`);
    files.syncDirectory(root);
    return ok(undefined);
  });
}
