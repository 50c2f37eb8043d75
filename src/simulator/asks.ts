import { noRequest } from '../model/plan.ts';
import { fail, ok } from '../model/result.ts';
import { planUntrack } from '../planner/untrack.ts';
import { withLock } from '../store/with-lock.ts';
import { askRestore } from './ask-restore.ts';
import type { Dice } from './dice.ts';
import { inventoryOf } from './inventory.ts';
import { desiredState } from './model-policy.ts';
import type { Asked } from './run-loop.ts';
import type { AskDeed } from './story.ts';
import type { World } from './world.ts';

/** What a person asks for by name, beside the policy. */
export function askedOf(world: World, deed: AskDeed, dice: Dice): Asked {
  switch (deed) {
    case 'untrack':
      return askUntrack(world, dice);
    case 'trash-restore':
      return askTrashRestore(world, dice);
    default:
      return askRestore(world, deed, dice);
  }
}

/** `holdfast untrack` of a domain. */
function askUntrack({ host, policy }: World, dice: Dice): Asked {
  return async (observed) => {
    const domain = host.domains[dice.below(host.domains.length)];
    if (domain === undefined) return fail({ code: 'no-domain', message: 'there is no domain' });
    return ok(planUntrack(desiredState(policy, observed), observed, domain.uuid, noRequest));
  };
}

/** `holdfast trash restore` of a chain; there is no plan. */
function askTrashRestore(world: World, dice: Dice): Asked {
  return async (_observed, drivers) => {
    const { host } = world;
    const trashed = inventoryOf(host).flatMap(({ disk, trash, directory, manifest }) => {
      const mount = host.mounts.find((one) => one.disk === disk);
      return trash === null || mount === undefined ? [] : [{ mount, trash, directory, manifest }];
    });
    const one = trashed[dice.below(trashed.length)];
    if (one === undefined) return fail({ code: 'not-in-trash', message: 'the trash is empty' });
    const { mount, trash, directory, manifest } = one;
    const disk = mount.disk ?? '';
    const store = drivers.openStore({ name: 'main', path: mount.path, id: manifest.store });
    if (!store.ok) return store;
    const hold = {
      formatVersion: 1,
      who: drivers.who,
      at: drivers.clock(),
      reason: 'restored from the trash',
    } as const;
    const { chain } = manifest;
    world.waysBack.set(`${disk} ${trash}`, { disk, trash, directory, boots: host.boots });
    const done = await withLock(store.value, 30, () =>
      store.value.restoreTrash(trash, chain, hold),
    );
    if (!done.ok) return fail({ code: done.error.code, message: done.error.message });
    world.waysBack.delete(`${disk} ${trash}`);
    world.broughtBack.push({ disk, trash });
    return ok('no-plan');
  };
}
