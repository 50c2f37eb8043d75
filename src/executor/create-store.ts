import { ok } from '../model/result.ts';
import type { CreateStore } from '../model/store-action.ts';
import { failed } from './not-done.ts';
import type { Performer } from './performer.ts';

/** Makes a store of an empty directory. */
export const createStore: Performer<CreateStore> = {
  async check({ store }, { drivers }) {
    return ok(drivers.openStore(store).ok ? 'already' : 'ready');
  },
  async apply({ store }, { drivers }) {
    // No step in the store's journal: there is no store yet. The marker is written last.
    const created = drivers.createStore(store, drivers.clock());
    return created.ok ? ok({ code: 'done', bytes: null }) : failed(created.error);
  },
};
