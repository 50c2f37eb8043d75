import type { DomainUuid } from '../../model/identity.ts';
import { millisecondsOf } from '../../model/instant.ts';
import type { ObservedDirectory } from '../../model/observed-store.ts';
import { readyStores, type World } from './world.ts';

/** How much of a domain's data changes in a day, and who says so. */
export interface DomainChange {
  readonly perDay: number;
  readonly from: 'option' | 'history' | 'assumed';
}

/**
 * What is taken for the daily change of a domain without a history: about what
 * the authors of backup programs reckon with for servers, and easily replaced.
 */
export const assumedChange = 0.02;

/**
 * The daily change of each managed domain: what was asked for; else what its
 * own increments show, bytes over days over data; else an assumption.
 */
export function dailyChanges(
  { desired, observed }: World,
  dataBytes: (uuid: DomainUuid) => number,
  asked: number | null,
): ReadonlyMap<DomainUuid, DomainChange> {
  const directories = new Map(
    readyStores(observed).flatMap(({ state }) => state.directories.map((one) => [one.uuid, one])),
  );
  return new Map(
    desired.domains.map(({ uuid }): readonly [DomainUuid, DomainChange] => {
      if (asked !== null) return [uuid, { perDay: asked, from: 'option' }];
      const directory = directories.get(uuid);
      const bytes = directory === undefined ? null : dailyBytes(directory);
      const data = dataBytes(uuid);
      return bytes === null || data === 0
        ? [uuid, { perDay: assumedChange, from: 'assumed' }]
        : [uuid, { perDay: bytes / data, from: 'history' }];
    }),
  );
}

/** Mean bytes a day of all increments that stand on a valid point; null without one. */
function dailyBytes({ chains }: ObservedDirectory): number | null {
  let [bytes, milliseconds] = [0, 0];
  for (const { points } of chains) {
    for (const [index, point] of points.entries()) {
      const before = points[index - 1];
      if (before === undefined || point.level === 'full') continue;
      if (point.fault !== undefined || before.fault !== undefined) continue;
      bytes += point.bytes;
      milliseconds += millisecondsOf(point.at) - millisecondsOf(before.at);
    }
  }
  return milliseconds > 0 ? (bytes / milliseconds) * 86_400_000 : null;
}
