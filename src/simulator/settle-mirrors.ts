import { markerName } from '../mirror/known-mirrors.ts';
import type { Plan } from '../model/plan.ts';
import { copiesOf, copyKeyOf } from './copies.ts';
import { inventoryOf } from './inventory.ts';
import { clearBelow, storesAt } from './model-mirror.ts';
import { storeOf } from './model-policy.ts';
import { keyOf, type Violation } from './scene.ts';
import type { World } from './world.ts';

/** The way to the mirrors is free; one that was wiped, or has lost its marker, is begun anew there. */
export function healMirrors({ host, foreignCopies }: World): void {
  for (const mirror of host.mirrors) {
    mirror.isAway = false;
    mirror.isFull = false;
    for (const store of storesAt(mirror)) {
      if (mirror.files.has(`${store}/${markerName}`)) continue;
      clearBelow(mirror, store);
      for (const key of foreignCopies.keys()) {
        if (key.startsWith(`${mirror.name} ${store}/`)) foreignCopies.delete(key);
      }
    }
  }
  // What a person does whom `mirror-lost` tells it; a mirror that is as it was is remembered again.
  for (const path of ['/var/lib/holdfast/mirrors.json', '/var/lib/other/mirrors.json']) {
    if (host.files.look(path) !== null) host.files.removeFile(path);
  }
  host.files.settle();
}

/** Scopes of stores in which a plan does nothing, because another disk was there before (G152): a person says which. */
export function barredStores({ guards }: Plan): ReadonlySet<string> {
  return new Set(guards.flatMap(({ code, scope }) => (code === 'G152' ? [scope] : [])));
}

/**
 * Every domain's newest point is at each mirror that copies at once, and all points where everything is kept;
 * but for stores in which the last plan does nothing.
 */
export function behind(
  { host, policy, damaged, damagedCopies }: World,
  plan: Plan,
): readonly Violation[] {
  const barred = barredStores(plan);
  const points = inventoryOf(host).filter(({ isTrash, isValid }) => !isTrash && isValid);
  const copies = copiesOf(host);
  const managed = host.domains.filter(
    ({ uuid }) => !policy.left.has(uuid) && !policy.ignored.has(uuid),
  );
  return policy.mirrors.flatMap((mirror) => {
    if (mirror.cron !== null) return [];
    return managed.flatMap(({ uuid }) => {
      const { name, path } = storeOf(policy, uuid);
      if (barred.has(`store/${name}`)) return [];
      // The newest by what a planner can know: a flipped bit that no check has read counts as valid (I5).
      const own = points.filter((one) => one.uuid === uuid && one.disk === host.realPath(path));
      const last = own.reduce(
        (at, { manifest }) => (manifest.frozenAt > at ? manifest.frozenAt : at),
        '',
      );
      const wanted = own.filter(
        (point) =>
          (mirror.keep === null || point.manifest.frozenAt === last) && !damaged.has(keyOf(point)),
      );
      return wanted.flatMap(({ manifest, directory }) => {
        const at = copies.filter(
          (copy) => copy.mirror === mirror.name && copy.store === manifest.store,
        );
        // A name that had another owner once: said, and not copied.
        const isTaken = at.some((copy) => copy.directory === directory && copy.uuid !== uuid);
        const copy = at.find((one) => one.uuid === uuid && one.manifest.point === manifest.point);
        const isThere =
          copy?.isValid === true || (copy !== undefined && damagedCopies.has(copyKeyOf(copy)));
        return isTaken || isThere
          ? []
          : [
              {
                id: 'live',
                message: `${mirror.name} lacks ${manifest.point} of ${manifest.domain.name}`,
              },
            ];
      });
    });
  });
}
