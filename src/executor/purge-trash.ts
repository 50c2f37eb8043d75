import { join } from 'node:path';
import type { PurgeTrash } from '../model/action.ts';
import { ok } from '../model/result.ts';
import { underDomainLock } from './locked.ts';
import { failed } from './not-done.ts';
import type { Performer } from './performer.ts';

/** Removes a chain in the trash for good. */
export const purgeTrash: Performer<PurgeTrash> = {
  async check({ store, path }, tools) {
    const opened = tools.store(store);
    if (!opened.ok) return failed(opened.error);
    return ok(tools.drivers.files.exists(join(store.path, path)) ? 'ready' : 'already');
  },

  async apply(action, tools) {
    // The domain's lock and not the store's: removing terabytes takes long, and nobody else uses them.
    return underDomainLock(action, tools, async (store) => {
      const noted = tools.log.step('purge', action.path, action.store);
      if (!noted.ok) return failed(noted.error);
      const purged = store.purgeTrash(action.path, action.chain);
      return purged.ok ? ok({ code: 'done', bytes: action.bytes }) : failed(purged.error);
    });
  },
};
