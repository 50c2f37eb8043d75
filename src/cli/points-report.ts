import { addressOf, onMirror, type Address } from '../model/address.ts';
import type { DrillRecord } from '../model/drill.ts';
import type { ChainId, PointId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedDirectory, ObservedStore } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import type { PointVerdict } from '../model/plan.ts';
import type { Manifest } from '../model/point.ts';
import type { PointHold, PointRow, PointsReport } from '../model/report.ts';
import { noHolds, type Holds } from './read-holds.ts';

/** What was read of a point beside what every observation holds. */
export interface ReadPoint {
  readonly manifest: Manifest;
  /** When it was last found sound. */
  readonly checkedAt: Instant | null;
  /** How its last drill ended; null: it was never booted. */
  readonly drill: DrillRecord | null;
}

/** What a list of points is made from. */
export interface PointsFacts {
  readonly observed: Pick<ObservedState, 'observedAt' | 'stores'> & {
    readonly host: Pick<ObservedState['host'], 'name'>;
  };
  readonly timezone: string;
  /** Which points: null for all. */
  readonly only: Address | null;
  /** Why each point is kept; null without a policy. */
  readonly verdicts: readonly PointVerdict[] | null;
  /** Manifests that were read, by point. */
  readonly manifests: ReadonlyMap<PointId, ReadPoint>;
  /** Who holds what, by store. */
  readonly holds: ReadonlyMap<string, Holds>;
  /** The mirror whose copies these are, as stores; left out: points of this host. */
  readonly mirror?: string;
}

/** The list of points, with the words of the rules that keep each. */
export function pointsReport(facts: PointsFacts): PointsReport {
  const { observed, timezone, only, verdicts } = facts;
  const kept =
    verdicts === null
      ? null
      : new Map(verdicts.map(({ store, point, keptBy }) => [`${store} ${point}`, keptBy]));
  return {
    formatVersion: 1,
    host: observed.host.name,
    at: observed.observedAt,
    timezone,
    points: observed.stores.flatMap((store) =>
      directoriesOf(store, only).flatMap((directory) =>
        rowsOf(
          store.name,
          directory,
          facts,
          (point) => kept?.get(`${store.name} ${point}`) ?? null,
        ),
      ),
    ),
  };
}

/** The directories of a store that an address means: by the domain's name, or by its uuid. */
export function directoriesOf(
  { name, state }: ObservedStore,
  only: Address | null,
): readonly ObservedDirectory[] {
  if (state.kind !== 'ready') return [];
  if (only === null) return state.directories;
  // A mirror's points are not in a store of this host.
  if (only.mirror !== null && only.mirror !== name) return [];
  return state.directories.filter(({ name: domain, uuid }) => [domain, uuid].includes(only.domain));
}

function rowsOf(
  store: string,
  { uuid, name, chains }: ObservedDirectory,
  { only, manifests, holds, mirror }: PointsFacts,
  keptBy: (point: PointId) => readonly string[] | null,
): readonly PointRow[] {
  return chains
    .filter(
      ({ id }) => only?.chain === undefined || only.chain === null || id.startsWith(only.chain),
    )
    .flatMap((chain) =>
      chain.points
        .filter(({ sequence }) => (only?.sequence ?? sequence) === sequence)
        .map((point): PointRow => {
          const { manifest, checkedAt, drill } = manifests.get(point.id) ?? {};
          return {
            address:
              mirror === undefined
                ? addressOf(name, chain.id, point.sequence)
                : onMirror(mirror, addressOf(name, chain.id, point.sequence)),
            uuid,
            name,
            store: mirror ?? store,
            chain: chain.id,
            point: point.id,
            sequence: point.sequence,
            level: point.level,
            frozenAt: point.at,
            bytes: point.bytes,
            quiesce: manifest?.quiesce ?? null,
            keptBy: keptBy(point.id),
            held: chain.held || point.held === true,
            holds: holdsOf(chain.id, point.id, holds.get(store) ?? noHolds),
            checkedAt: checkedAt ?? null,
            ...(drill === undefined || drill === null ? {} : { drill }),
            fault: point.fault ?? null,
            note: manifest?.note ?? null,
          };
        }),
    );
}

function holdsOf(chain: ChainId, point: PointId, holds: Holds): readonly PointHold[] {
  const found = [
    { on: 'chain', hold: holds.chains.get(chain) },
    { on: 'point', hold: holds.points.get(point) },
  ] as const;
  return found.flatMap(({ on, hold }) =>
    hold === undefined ? [] : [{ on, who: hold.who, at: hold.at, reason: hold.reason }],
  );
}
