import type { Untrack } from '../model/checkpoint-action.ts';
import { ok } from '../model/result.ts';
import { underDomainLock, underStoreLock } from './locked.ts';
import { idleDomain } from './look.ts';
import { during, failed, stale } from './not-done.ts';
import type { Performer } from './performer.ts';

/** Drops all our checkpoints and bitmaps of a domain; the next point is a full. */
export const untrack: Performer<Untrack> = {
  async check({ domain, power }, tools) {
    const look = await idleDomain(domain, tools);
    if (!look.ok) return look;
    const { state } = look.value;
    if ((state === 'off') === (power === 'off')) return ok('ready');
    return stale('power-changed', `${domain.name} was ${power} and is ${state} now.`);
  },

  async apply(action, tools) {
    const { domain, directory, closes, images } = action;
    return underDomainLock(action, tools, async (store) => {
      // Closed first: a chain whose tracker is gone must never be taken for one that goes on.
      if (closes !== null) {
        const noted = tools.log.step('close-chain', closes, action.store);
        if (!noted.ok) return failed(noted.error);
        const at = tools.drivers.clock();
        const closed = await underStoreLock(store, () =>
          store.closeChain(directory, closes, 'untracked', at),
        );
        if (!closed.ok) return closed;
      }
      for (const name of action.checkpoints) {
        const noted = tools.log.step('drop-checkpoint', name, action.store);
        if (!noted.ok) return failed(noted.error);
        const request = { uuid: domain.uuid, name, images };
        const dropped = await tools.drivers.hypervisor.dropCheckpoint(request);
        if (!dropped.ok) return failed(during(`Dropping ${name} of ${domain.name}`, dropped.error));
      }
      return ok({ code: 'done', bytes: null });
    });
  },
};
