import type { DropCheckpoint } from '../model/checkpoint-action.ts';
import { ok } from '../model/result.ts';
import { underDomainLock } from './locked.ts';
import { idleDomain } from './look.ts';
import { during, failed, stale } from './not-done.ts';
import type { Performer } from './performer.ts';

/** Drops a checkpoint of ours, and its bitmaps, that no published point uses. */
export const dropCheckpoint: Performer<DropCheckpoint> = {
  async check(action, tools) {
    const { domain, checkpoint } = action;
    const look = await idleDomain(domain, tools);
    if (!look.ok) return look;
    const { state, checkpoints } = look.value;
    if ((state === 'off') !== (action.power === 'off')) {
      return stale('power-changed', `${domain.name} was ${action.power} and is ${state} now.`);
    }
    if (!checkpoints.seen) return failed(during(`Looking at ${domain.name}`, checkpoints.failure));
    const isListed = checkpoints.value.some(({ name }) => name === checkpoint);
    // Of a domain that is off, bitmaps may be left in the images: the driver looks for them too.
    return ok(isListed || !action.listed || action.images.length > 0 ? 'ready' : 'already');
  },

  async apply(action, tools) {
    return underDomainLock(action, tools, async () => {
      const { domain, checkpoint, images } = action;
      const noted = tools.log.step('drop-checkpoint', checkpoint, action.store);
      if (!noted.ok) return failed(noted.error);
      const dropped = await tools.drivers.hypervisor.dropCheckpoint({
        uuid: domain.uuid,
        name: checkpoint,
        images,
      });
      if (dropped.ok) return ok({ code: 'done', bytes: null });
      return failed(during(`Dropping ${checkpoint} of ${domain.name}`, dropped.error));
    });
  },
};
