import { addressOf } from '../model/address.ts';
import type { Heal } from '../model/check-action.ts';
import type { ObservedChain, ObservedPoint, PointFault } from '../model/observed-store.ts';
import { placeOfPoint } from './chains-beside.ts';
import type { DomainSituation, MirrorSituation, Planning } from './planning.ts';

/** Faults of a point's own files: its manifest is there to compare with. */
const mendable: ReadonlySet<PointFault> = new Set(['quarantined', 'file-missing', 'file-size']);

/** A copy whose own files were not found to be wrong. */
const inherited: ReadonlySet<PointFault> = new Set(['parent-faulty', 'parent-missing']);

/**
 * Damaged points of which a mirror of their domain has a copy that nobody has
 * found to be damaged too: their files come back from there. `going`: keys of
 * chains that this plan moves to the trash, by `chainKey`.
 */
export function healsOf(planning: Planning, going: ReadonlySet<string>): readonly Heal[] {
  return planning.domains.flatMap((domain) => {
    const { desired, directory, store } = domain;
    if (desired === null || directory === null || store === null) return [];
    if (store.ref === null || store.trouble !== null) return [];
    return directory.chains.flatMap((chain) =>
      going.has(chainKey(store.name, directory.directory, chain.id))
        ? []
        : chain.points.flatMap((point) => {
            if (point.fault === undefined || !mendable.has(point.fault)) return [];
            const copy = goodCopy(planning, domain, chain, point);
            return copy === null ? [] : [healOf(domain, chain, point, copy)];
          }),
    );
  });
}

/** What tells a chain from all others of a plan. */
export const chainKey = (store: string, directory: string, chain: string): string =>
  `${store}/${directory}/${chain}`;

interface Copy {
  readonly mirror: MirrorSituation;
  readonly bytes: number;
}

/** The first of the domain's mirrors, in the order of its rule, that has exactly that point. */
function goodCopy(
  { mirrors }: Planning,
  { desired, directory, store, uuid }: DomainSituation,
  { id }: ObservedChain,
  point: ObservedPoint,
): Copy | null {
  for (const name of desired?.mirrors ?? []) {
    const mirror = mirrors.find((one) => one.name === name && one.store === store);
    const there = mirror?.directories.get(directory?.directory ?? '');
    if (mirror === undefined || mirror.ref === null || there?.uuid !== uuid) continue;
    const copy = there.chains
      .find((chain) => chain.id === id)
      ?.points.find((one) => placeOfPoint(one) === placeOfPoint(point) && one.id === point.id);
    if (copy === undefined) continue;
    if (copy.fault === undefined || inherited.has(copy.fault)) return { mirror, bytes: copy.bytes };
  }
  return null;
}

function healOf(
  { uuid, name, directory, store }: DomainSituation,
  { id: chain }: ObservedChain,
  point: ObservedPoint,
  { mirror, bytes }: Copy,
): Heal {
  if (directory === null || store === null || store.ref === null || mirror.ref === null) {
    throw new Error(`${name} has no place to heal`);
  }
  const { id, sequence, fault = 'quarantined', damaged = [] } = point;
  return {
    kind: 'heal',
    id: `heal:${store.name}:${uuid}:${chain}:${sequence}`,
    wave: 30,
    address: addressOf(name, chain, sequence),
    dependsOn: [],
    reasons: [{ code: 'point-damaged', facts: { fault, mirror: mirror.name } }],
    place: mirror.desired.place,
    blockedBy: [],
    // At most: only the files that differ travel.
    bytes,
    domain: { uuid, name },
    store: store.ref,
    mirror: mirror.ref,
    directory: directory.directory,
    chain,
    point: { id, directory: placeOfPoint(point), sequence, bytes },
    fault,
    files: damaged,
  };
}
