import { join } from 'node:path';
import { ok } from '../model/result.ts';
import type { TrashChain } from '../model/store-action.ts';
import { underDomainLock, underStoreLock } from './locked.ts';
import { during, failed, stale } from './not-done.ts';
import type { Performer } from './performer.ts';

/** What the store says when the chain is not the one that the plan saw: nothing is wrong with it. */
const refusals: ReadonlySet<string> = new Set(['held', 'points-differ', 'incoming-exists']);

/** Moves a whole chain to the trash. */
export const trashChain: Performer<TrashChain> = {
  async check({ store, directory, chain, points }, tools) {
    const opened = tools.store(store);
    if (!opened.ok) return failed(opened.error);
    const found = opened.value.readChain(directory, chain);
    if (!found.ok) {
      return found.error.code === 'not-found' ? ok('already') : failed(found.error);
    }
    const ids = found.value.map(({ manifest }) => manifest.point);
    // Only the readable ones are listed here; the store compares all of them when it moves the chain.
    const added = ids.find((id) => !points.includes(id));
    if (added !== undefined) {
      return stale(
        'points-differ',
        `Chain ${chain} holds point ${added}, which the plan did not see.`,
      );
    }
    const images = await tools.imagePaths();
    if (!images.seen) return failed(during('Looking at all domains', images.failure));
    const path = join(store.path, 'domains', directory, chain);
    const user = images.value.find((image) => image.startsWith(`${path}/`));
    if (user === undefined) return ok('ready');
    return stale('in-use', `A domain has ${user} among its images, so chain ${chain} stays.`);
  },

  async apply(action, tools) {
    const { directory, chain, points, domain, store: ref } = action;
    return underDomainLock(action, tools, async (store) => {
      const noted = tools.log.step('trash', join('domains', directory, chain), ref);
      if (!noted.ok) return failed(noted.error);
      const at = tools.drivers.clock();
      const trashed = await underStoreLock(store, () =>
        store.trashChain({ directory, chain, uuid: domain.uuid, points, run: tools.run, at }),
      );
      if (trashed.ok) return ok({ code: 'done', bytes: action.bytes });
      const { error } = trashed;
      return error.code === 'failed' && refusals.has(error.failure.code)
        ? stale(error.failure.code, error.failure.message)
        : trashed;
    });
  },
};
