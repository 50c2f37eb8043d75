import { instantOf, type Instant } from '../../model/instant.ts';
import type { SimulatedEvent } from '../../model/simulation.ts';
import type { ForecastEvent } from './forecast-event.ts';
import type { Fate } from './forecast.ts';
import type { World } from './world.ts';

const kindOrder = { backup: 0, copy: 1, trash: 2, purge: 3 } as const;

/** Every event of every domain: by time, then backups first, then by name. */
export function listedEvents(
  { desired }: World,
  fates: readonly Fate[],
): readonly SimulatedEvent[] {
  const names = new Map([
    ...desired.removed.map(({ uuid, name }) => [uuid, name] as const),
    ...desired.domains.map(({ uuid, name }) => [uuid, name] as const),
  ]);
  return fates
    .flatMap(({ uuids, events, copies }) => {
      const [first] = uuids;
      const all = [...events.map((event) => ({ mirror: null, event })), ...copies];
      return all.flatMap(({ mirror, event }) =>
        (event.uuid === first ? uuids : [event.uuid]).map((uuid) => ({
          ...listed(event, mirror),
          uuid,
          name: names.get(uuid) ?? uuid,
        })),
      );
    })
    .toSorted(
      (a, b) =>
        byText(a.at, b.at) ||
        kindOrder[a.kind] - kindOrder[b.kind] ||
        byText(a.mirror ?? '', b.mirror ?? '') ||
        byText(a.name, b.name) ||
        byText(a.uuid, b.uuid),
    );
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function listed(
  event: ForecastEvent,
  mirror: string | null,
): Omit<SimulatedEvent, 'uuid' | 'name'> {
  const { kind, store, bytes } = event;
  const at = instantOf(event.atMs);
  return event.kind === 'backup'
    ? {
        at,
        store,
        mirror,
        kind: mirror === null ? kind : 'copy',
        level: event.level,
        bytes,
        chainBeganAt: null,
        points: null,
        why: event.why,
      }
    : {
        at,
        store,
        mirror,
        kind,
        level: null,
        bytes,
        chainBeganAt: beganAt(event.chain),
        points: event.kind === 'trash' ? event.points : null,
        why: [],
      };
}

/** The instant in a chain's id, `20261122T020000Z-4f7a`. */
function beganAt(chain: string): Instant {
  const [, date = '', time = ''] = /^(\d{8})T(\d{6})Z/.exec(chain) ?? [];
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  return `${day}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}.000Z`;
}
