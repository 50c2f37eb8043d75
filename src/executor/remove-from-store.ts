import { join } from 'node:path';
import type { DiscardIncoming } from '../model/repair-action.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import type { PurgeTrash } from '../model/store-action.ts';
import type { Store } from '../store/store.ts';
import { underDomainLock } from './locked.ts';
import { failed } from './not-done.ts';
import type { Performer } from './performer.ts';

/** Removes what a dead run had begun to write. */
export const discardIncoming = removal<DiscardIncoming>('discard', ({ path }, store) =>
  store.discardIncoming(path),
);

/** Removes a chain in the trash for good. */
export const purgeTrash = removal<PurgeTrash>('purge', ({ path, chain }, store) =>
  store.purgeTrash(path, chain),
);

/**
 * Removes a path of a store. Under the domain's lock, which whoever writes
 * there holds, an orphaned child included; not under the store's, for removing
 * terabytes takes long.
 */
function removal<A extends DiscardIncoming | PurgeTrash>(
  step: string,
  remove: (action: A, store: Store) => Result<void, Failure>,
): Performer<A> {
  return {
    async check({ store, path }, tools) {
      const opened = tools.store(store);
      if (!opened.ok) return failed(opened.error);
      return ok(tools.drivers.files.exists(join(store.path, path)) ? 'ready' : 'already');
    },

    apply: async (action, tools) =>
      underDomainLock(action, tools, async (store) => {
        const noted = tools.log.step(step, action.path, action.store);
        if (!noted.ok) return failed(noted.error);
        const removed = remove(action, store);
        return removed.ok ? ok({ code: 'done', bytes: action.bytes }) : failed(removed.error);
      }),
  };
}
