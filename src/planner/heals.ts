import { addressOf } from '../model/address.ts';
import type { Heal } from '../model/check-action.ts';
import type { ObservedChain, ObservedPoint, PointFault } from '../model/observed-store.ts';
import type { Note } from '../model/plan.ts';
import { placeOfPoint } from './chains-beside.ts';
import { note } from './note.ts';
import type { DomainSituation, MirrorSituation, Planning } from './planning.ts';

/** Faults of a point's own files: its manifest is there to compare with. */
const mendable: ReadonlySet<PointFault> = new Set(['quarantined', 'file-missing', 'file-size']);

/** A copy whose own files were not found to be wrong. */
const inherited: ReadonlySet<PointFault> = new Set(['parent-faulty', 'parent-missing']);

/** What is healed, and what would be if a mirror had a sound copy. */
export interface PlannedHeals {
  readonly actions: readonly Heal[];
  readonly notes: readonly Note[];
}

/**
 * Damaged points of which a mirror of their domain has a copy that nobody has
 * found to be damaged too: their files come back from there. `going`: keys of
 * chains that this plan moves to the trash, by `chainKey`.
 */
export function plannedHeals(planning: Planning, going: ReadonlySet<string>): PlannedHeals {
  const found = damagedPoints(planning, going).map(({ domain, chain, point }) => {
    const copy = goodCopy(planning, domain, chain, point);
    return copy === null
      ? { action: null, note: unsoundNote(planning, domain, chain, point) }
      : { action: healOf(domain, chain, point, copy), note: null };
  });
  return {
    actions: found.flatMap(({ action }) => action ?? []),
    notes: found.flatMap(({ note: said }) => said ?? []),
  };
}

interface DamagedPoint {
  readonly domain: DomainSituation;
  readonly chain: ObservedChain;
  readonly point: ObservedPoint;
}

function damagedPoints(planning: Planning, going: ReadonlySet<string>): readonly DamagedPoint[] {
  return planning.domains.flatMap((domain) => {
    const { desired, directory, store } = domain;
    if (desired === null || directory === null || store === null) return [];
    if (store.ref === null || store.trouble !== null) return [];
    return directory.chains.flatMap((chain) =>
      going.has(chainKey(store.name, directory.directory, chain.id))
        ? []
        : chain.points.flatMap((point) =>
            point.fault !== undefined && mendable.has(point.fault)
              ? [{ domain, chain, point }]
              : [],
          ),
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

/** The first of the domain's mirrors, in the order of its rule, that has exactly that point, not found to be bad. */
function goodCopy(
  planning: Planning,
  domain: DomainSituation,
  chain: ObservedChain,
  point: ObservedPoint,
): Copy | null {
  for (const mirror of mirrorsOf(planning, domain)) {
    const copy = copyAt(mirror, domain, chain, point);
    if (copy === null) continue;
    if (copy.fault === undefined || inherited.has(copy.fault)) return { mirror, bytes: copy.bytes };
  }
  return null;
}

/** By the order of the domain's rule. */
function mirrorsOf(
  { mirrors }: Planning,
  { desired, store }: DomainSituation,
): readonly MirrorSituation[] {
  return (desired?.mirrors ?? []).flatMap(
    (name) => mirrors.find((one) => one.name === name && one.store === store) ?? [],
  );
}

function copyAt(
  mirror: MirrorSituation,
  { directory, uuid }: DomainSituation,
  { id }: ObservedChain,
  point: ObservedPoint,
): ObservedPoint | null {
  const there = mirror.directories.get(directory?.directory ?? '');
  if (mirror.ref === null || there?.uuid !== uuid) return null;
  const copy = there.chains
    .find((chain) => chain.id === id)
    ?.points.find((one) => placeOfPoint(one) === placeOfPoint(point) && one.id === point.id);
  return copy ?? null;
}

/** That no copy is sound, where one is in quarantine and every mirror was seen; else it may be there yet. */
function unsoundNote(
  planning: Planning,
  domain: DomainSituation,
  chain: ObservedChain,
  point: ObservedPoint,
): Note | null {
  const mirrors = mirrorsOf(planning, domain);
  if (mirrors.some(({ ref }) => ref === null)) return null;
  const having = mirrors.flatMap((mirror) => {
    const copy = copyAt(mirror, domain, chain, point);
    return copy === null ? [] : [{ name: mirror.name, fault: copy.fault }];
  });
  if (!having.some(({ fault }) => fault === 'quarantined')) return null;
  const facts = {
    fault: point.fault ?? 'quarantined',
    mirrors: having.map(({ name }) => name).join(', '),
  };
  const address = addressOf(domain.name, chain.id, point.sequence);
  return note('warning', address, 'no-sound-copy', facts, domain.desired?.place ?? null);
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
