import {
  chainId,
  checkpointOf,
  pointDirectory,
  pointId,
  type PointId,
  type StoreId,
} from '../../src/model/identity.ts';
import { addSeconds, compactInstant, type Instant } from '../../src/model/instant.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  ObservedPoint,
  ObservedTip,
} from '../../src/model/observed-store.ts';
import type { ObservedDomain } from '../../src/model/observed.ts';
import { identityOf } from './build-domain.ts';
import { day, gib, mainId, now } from './build-policy.ts';

/** A point's id at an instant. */
export const pointAt = (at: Instant, digits = '00aa'): PointId =>
  pointId(`${compactInstant(at)}-${digits}`);

/** A chain of points, a day (or `stepSeconds`) apart, the first at an instant: a full and increments. */
export function chain(
  firstAt: Instant,
  count: number,
  {
    stepSeconds = day,
    digits = '00cc',
    full = 8 * gib,
    increment = gib,
    ...more
  }: Partial<Omit<ObservedChain, 'id' | 'points'>> & {
    readonly stepSeconds?: number;
    readonly digits?: string;
    readonly full?: number;
    readonly increment?: number;
  } = {},
): ObservedChain {
  const points = Array.from({ length: count }, (_none, sequence): ObservedPoint => {
    const at = addSeconds(firstAt, sequence * stepSeconds);
    return {
      id: pointAt(at),
      sequence,
      level: sequence === 0 ? 'full' : 'increment',
      at,
      bytes: sequence === 0 ? full : increment,
    };
  });
  return {
    id: chainId(`${compactInstant(firstAt)}-${digits}`),
    held: false,
    closed: null,
    points,
    ...more,
  };
}

/** One fault, or hold, on one point of a chain. */
export function withPoint(
  one: ObservedChain,
  sequence: number,
  more: Partial<ObservedPoint>,
): ObservedChain {
  return {
    ...one,
    points: one.points.map((point) =>
      point.sequence === sequence ? { ...point, ...more } : point,
    ),
  };
}

/** What the newest valid point of chains says of a domain's disks. */
export function tipOf(
  one: ObservedDomain,
  chains: readonly ObservedChain[],
  store: StoreId = mainId,
): ObservedTip | null {
  const newest = chains
    .flatMap((each) => each.points.map((point) => ({ chain: each, point })))
    .filter(({ point }) => point.fault === undefined)
    .at(-1);
  if (newest === undefined) return null;
  const { point } = newest;
  const hasTracker = one.disks.some(({ format }) => format === 'qcow2');
  return {
    chain: newest.chain.id,
    point: point.id,
    directory: pointDirectory(point.sequence, point.id, point.level),
    checkpoint: hasTracker ? checkpointOf(store, point.id) : null,
    definitionDigest: one.definitionDigest,
    disks: one.disks
      .filter(({ device, readonly }) => device === 'disk' && !readonly)
      .map(({ target, images, sizeBytes, format }) => ({
        target,
        file: `${target}.qcow2`,
        source:
          images.seen && images.value[0] !== undefined
            ? images.value[0].identity
            : identityOf('?', 0),
        sizeBytes: sizeBytes ?? 0,
        tracked: format === 'qcow2',
      })),
  };
}

/** A domain's directory with these chains, taken of the domain as it is. */
export function directory(
  one: ObservedDomain,
  chains: readonly ObservedChain[],
  more: Partial<ObservedDirectory> = {},
): ObservedDirectory {
  return {
    directory: one.name,
    uuid: one.uuid,
    name: one.name,
    chains,
    tip: tipOf(one, chains),
    incoming: [],
    lastLook: null,
    ...more,
  };
}

/** The look that was taken after the newest point of a domain that was off then. */
export function lookedAt(one: ObservedDomain, where: ObservedDirectory): ObservedDirectory {
  const tip = where.tip;
  if (tip === null) return where;
  const images = one.disks.flatMap(({ images: all }) =>
    all.seen ? all.value.flatMap(({ stat }) => (stat === null ? [] : [stat])) : [],
  );
  return { ...where, lastLook: { formatVersion: 1, point: tip.point, at: now, images } };
}
