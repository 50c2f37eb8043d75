import type { Action } from '../../model/action.ts';
import type { CopyPoints, PurgeCopies } from '../../model/copy-action.ts';
import type { ObservedState } from '../../model/observed.ts';
import type { ForecastEvent } from './forecast-event.ts';
import { contentsAt } from './mirror-world.ts';

/** What happens at a mirror: `backup` is a point that is copied, `trash` a chain that is deleted there. */
export interface CopyEvent {
  readonly mirror: string;
  readonly event: ForecastEvent;
}

/** What an action did at a mirror; none if it was not done at one. */
export function copyEvents(
  action: Action,
  after: ObservedState,
  atMs: number,
): readonly CopyEvent[] {
  if (action.kind === 'copy-points') return pointEvents(action, after, atMs);
  if (action.kind !== 'hide-copies' && action.kind !== 'purge-copies') return [];
  const { mirror, domain, chain, points, bytes } = action;
  return [
    {
      mirror: mirror.name,
      event: {
        kind: action.kind === 'hide-copies' ? 'trash' : 'purge',
        atMs,
        uuid: domain.uuid,
        store: mirror.store,
        chain,
        points: action.kind === 'hide-copies' ? points.length : 0,
        bytes: bytes ?? 0,
      },
    },
  ];
}

/** Removals for good that were not planned in full. */
export function removalEvents(
  actions: readonly PurgeCopies[],
  after: ObservedState,
  atMs: number,
): readonly CopyEvent[] {
  return actions.flatMap((action) => copyEvents(action, after, atMs));
}

function pointEvents(
  { mirror, domain, directory, chain, points }: CopyPoints,
  after: ObservedState,
  atMs: number,
): readonly CopyEvent[] {
  const content = contentsAt(after, mirror.name).find(({ store }) => store === mirror.store);
  const there = content?.directories
    .find((one) => one.directory === directory)
    ?.chains.find(({ id }) => id === chain);
  const ids = new Set<string>(points.map(({ id }) => id));
  return (there?.points ?? [])
    .filter(({ id }) => ids.has(id))
    .map(({ level, bytes }) => ({
      mirror: mirror.name,
      event: {
        kind: 'backup',
        atMs,
        uuid: domain.uuid,
        store: mirror.store,
        level,
        bytes,
        why: [],
      },
    }));
}
