import type { Backup } from '../model/backup-action.ts';
import type { CopyOfPoint } from '../model/copy-action.ts';
import { pointDirectory, type ChainId } from '../model/identity.ts';
import type { Instant } from '../model/instant.ts';
import type { ObservedMirrorDirectory } from '../model/observed-mirror.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  ObservedPoint,
  PointFault,
} from '../model/observed-store.ts';
import { byText } from './order.ts';

/** A point that the store can give a mirror, or that this plan's backup makes. */
export interface MissingPoint {
  readonly point: CopyOfPoint;
  readonly at: Instant;
  /** What is wrong with the copy that is there; null when there is none. */
  readonly heals: PointFault | null;
  /** The copy is in quarantine there, whatever else is wrong with it. */
  readonly isMarked: boolean;
  /** Made by this plan's own backup. */
  readonly planned: boolean;
}

/** One chain in the store and at the mirror, side by side. */
export interface ChainBeside {
  readonly id: ChainId;
  /** As it is at the mirror; null when no point of it is there. */
  readonly there: ObservedChain | null;
  /** As it will be there once everything that is missing was copied. */
  readonly whole: ObservedChain;
  /** By sequence: whole prefixes only, so that each has its parents there. */
  readonly missing: readonly MissingPoint[];
  /** Valid points of the store that will not be whole at the mirror even then. */
  readonly lacks: number;
}

/** What a second copy mends: files that are not there, short, or not what the manifest says; a manifest that was cut off. */
const healed: ReadonlySet<PointFault> = new Set([
  'file-missing',
  'file-size',
  'manifest-unreadable',
  'quarantined',
]);

const inherited: ReadonlySet<PointFault> = new Set(['parent-missing', 'parent-faulty']);

/** Name of a point's directory: what the two sides have in common, whatever can be read there. */
export const placeOfPoint = ({ sequence, id, level }: ObservedPoint): string =>
  pointDirectory(sequence, id, level);

/** The chains of one domain in its store and at a mirror, oldest first; `backup`: as they will be after it. */
export function chainsBeside(
  local: ObservedDirectory | null,
  mirror: ObservedMirrorDirectory | null,
  backup: Backup | null,
  at: Instant,
): readonly ChainBeside[] {
  const here = new Map(local?.chains.map((chain) => [chain.id, chain]));
  const there = new Map(mirror?.chains.map((chain) => [chain.id, chain]));
  const ids = new Set([
    ...here.keys(),
    ...there.keys(),
    ...(backup === null ? [] : [backup.chain]),
  ]);
  return [...ids].toSorted(byText).map((id) =>
    beside(id, here.get(id) ?? null, there.get(id) ?? null, {
      backup: backup?.chain === id ? backup : null,
      at,
    }),
  );
}

/** What a walk along a chain has found so far. */
interface Walk {
  readonly points: ObservedPoint[];
  readonly missing: MissingPoint[];
  /** Every point so far is, or will be, whole at the mirror. */
  isWhole: boolean;
  lacks: number;
}

function beside(
  id: ChainId,
  here: ObservedChain | null,
  there: ObservedChain | null,
  planned: { readonly backup: Backup | null; readonly at: Instant },
): ChainBeside {
  const local = new Map(here?.points.map((point) => [placeOfPoint(point), point]));
  const copied = new Map(there?.points.map((point) => [placeOfPoint(point), point]));
  const walk: Walk = { points: [], missing: [], isWhole: true, lacks: 0 };
  for (const place of [...new Set([...local.keys(), ...copied.keys()])].toSorted(bySequence)) {
    step(walk, place, local.get(place) ?? null, copied.get(place) ?? null);
  }
  if (planned.backup !== null) addPlanned(walk, planned.backup, planned.at);
  return {
    id,
    there,
    whole: {
      id,
      held: here?.held === true || there?.held === true,
      closed: there?.closed ?? here?.closed ?? null,
      points: walk.points,
    },
    missing: walk.missing,
    lacks: walk.lacks,
  };
}

// Faults of copies whose manifest can be read: their files can be compared with it.
const compared: ReadonlySet<PointFault> = new Set(['quarantined', 'file-missing', 'file-size']);

const isQuarantined = (copy: ObservedPoint | null): boolean =>
  copy?.fault === 'quarantined' || copy?.damaged !== undefined;

// Directory names begin with the sequence.
const bySequence = (a: string, b: string): number =>
  Number.parseInt(a, 10) - Number.parseInt(b, 10) || byText(a, b);

function step(
  walk: Walk,
  place: string,
  local: ObservedPoint | null,
  copy: ObservedPoint | null,
): void {
  const fault = copy?.fault;
  // The fault of a copy whose parents are sent again ends with theirs.
  const mends = fault !== undefined && inherited.has(fault) && walk.missing.length > 0;
  if (copy !== null && walk.isWhole && (fault === undefined || mends)) {
    walk.points.push(isHeldToo(valid(copy), local));
    return;
  }
  const isGiven = local !== null && canBeGiven(walk, local);
  if (isGiven && (fault === undefined || healed.has(fault))) {
    walk.points.push(isHeldToo(valid(local), copy));
    const { id, sequence, bytes, at } = local;
    const point: CopyOfPoint = { id, directory: place, sequence, bytes };
    const isMarked = fault !== undefined && compared.has(fault) && isQuarantined(copy);
    walk.missing.push({ point, at, heals: fault ?? null, isMarked, planned: false });
    return;
  }
  walk.isWhole = false;
  if (copy !== null) walk.points.push(isHeldToo(copy, local));
  if (local !== null && local.fault === undefined) walk.lacks += 1;
}

/** Whether the store's point is good, and stands on points that are, or will be, at the mirror. */
function canBeGiven(walk: Walk, { fault, sequence }: ObservedPoint): boolean {
  if (!walk.isWhole) return false;
  if (fault === undefined) return true;
  // Its own files are in order: what the store lacks is at the mirror.
  return inherited.has(fault) && walk.points.at(-1)?.sequence === sequence - 1;
}

function addPlanned(walk: Walk, backup: Backup, at: Instant): void {
  if (!walk.isWhole) {
    walk.lacks += 1;
    return;
  }
  const { point: id, sequence, level, bytes, pointDirectory: directory } = backup;
  walk.points.push({ id, sequence, level, at, bytes: bytes ?? 0 });
  const point = { id, directory, sequence, bytes };
  walk.missing.push({ point, at, heals: null, isMarked: false, planned: true });
}

function valid({ fault: _fault, ...point }: ObservedPoint): ObservedPoint {
  return point;
}

const isHeldToo = (point: ObservedPoint, other: ObservedPoint | null): ObservedPoint =>
  other?.held === true ? { ...point, held: true } : point;
