import { join } from 'node:path';
import type { DiscardIncoming } from '../model/action.ts';
import { ok } from '../model/result.ts';
import { underDomainLock } from './locked.ts';
import { failed } from './not-done.ts';
import type { Performer } from './performer.ts';

/** Removes what a dead run had begun to write. */
export const discardIncoming: Performer<DiscardIncoming> = {
  async check({ store, path }, tools) {
    const opened = tools.store(store);
    if (!opened.ok) return failed(opened.error);
    return ok(tools.drivers.files.exists(join(store.path, path)) ? 'ready' : 'already');
  },

  async apply(action, tools) {
    // Whoever writes into it holds the domain's lock, an orphaned child included.
    return underDomainLock(action, tools, async (store) => {
      const noted = tools.log.step('discard', action.path, action.store);
      if (!noted.ok) return failed(noted.error);
      const discarded = store.discardIncoming(action.path);
      return discarded.ok ? ok({ code: 'done', bytes: action.bytes }) : failed(discarded.error);
    });
  },
};
