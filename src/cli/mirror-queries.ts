import type { OpenMirrorPlace } from '../mirror/open-mirror.ts';
import { ok } from '../model/result.ts';
import type { MirrorQuery } from '../observer/observe-mirrors.ts';
import type { Policy } from '../policy/policy.ts';

/** What is looked at of the mirrors that rules use: the copies of the stores that the same rules use. */
export function mirrorQueries(
  { mirrors, rules }: Pick<Policy, 'mirrors' | 'rules'>,
  open: OpenMirrorPlace,
): readonly MirrorQuery[] {
  return mirrors.flatMap((mirror) => {
    const users = rules.filter(({ settings }) => settings.mirrors.includes(mirror.name));
    if (users.length === 0) return [];
    return {
      name: mirror.name,
      stores: [...new Set(users.map(({ settings }) => settings.store))],
      open: (store) => {
        const place = open(mirror);
        return place.ok ? ok(place.value.of(store)) : place;
      },
    };
  });
}
