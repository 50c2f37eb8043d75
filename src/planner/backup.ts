import type { Backup, BackupDisk } from '../model/backup-action.ts';
import type { DesiredDomain } from '../model/desired.ts';
import { directoryNameOf } from '../model/directory-name.ts';
import { checkpointOf, pointDirectory, type ChainId } from '../model/identity.ts';
import type { ObservedDirectory, ObservedTip } from '../model/observed-store.ts';
import type { ObservedDomain } from '../model/observed.ts';
import type { Request } from '../model/plan.ts';
import type { SourceIdentity } from '../model/point.ts';
import type { Reason } from '../model/reason.ts';
import type { AfterRepairs } from './checkpoints.ts';
import type { ExcludedDisk } from './disks.ts';
import { newChainId, newPointId } from './ids.ts';
import { byText } from './order.ts';
import type { DomainSituation, Planning, StoreSituation } from './planning.ts';
import { isTrackable, type DiskDecision } from './trackers.ts';

/** All that a point is made of. */
export interface BackupParts {
  readonly observed: ObservedDomain;
  readonly desired: DesiredDomain;
  readonly store: StoreSituation;
  readonly disks: readonly DiskDecision[];
  readonly excluded: readonly ExcludedDisk[];
  /** Why a point now. */
  readonly due: readonly Reason[];
  /** Why a new chain, if one begins whatever the disks are like. */
  readonly cause: Reason | null;
  readonly asked: Request['now'][number] | null;
  readonly after: AfterRepairs;
  readonly release: Backup['release'];
}

/** The action that takes one point of one domain; null if the store cannot hold one. */
export function backupOf(
  planning: Planning,
  domain: DomainSituation,
  parts: BackupParts,
): Backup | null {
  const { store, disks, desired, observed, asked } = parts;
  if (store.ref === null) return null;
  const { observedAt } = planning.observed;
  const seed = { observedAt, store: store.ref.id, uuid: domain.uuid };
  const point = newPointId(seed, domain.directory, observed);
  const level = disks.some((disk) => disk.level === 'increment') ? 'increment' : 'full';
  const parent = level === 'increment' ? (domain.directory?.tip ?? null) : null;
  const chain = parent?.chain ?? newChainId(seed, domain.directory);
  const sequence = nextSequence(domain.directory, chain);
  const tracked = disks.some(({ disk }) => isTrackable(disk, desired));
  return {
    kind: 'backup',
    id: `backup:${store.name}:${domain.uuid}`,
    wave: 20,
    address: domain.address,
    dependsOn: [
      ...(store.toCreate ? [`create-store:${store.name}`] : []),
      ...parts.after.dependsOn,
    ],
    reasons: backupReasons(parts, parent),
    place: desired.place,
    blockedBy: [],
    ...estimated(domain.directory, disks),
    domain: { uuid: domain.uuid, name: domain.name },
    store: store.ref,
    directory: directoryFor(domain, store),
    chain,
    point,
    sequence,
    level,
    pointDirectory: pointDirectory(sequence, point, level),
    parent:
      parent === null
        ? null
        : { point: parent.point, directory: parent.directory, checkpoint: parent.checkpoint },
    checkpoint: tracked ? checkpointOf(store.ref.id, point) : null,
    disks: disks.map((decision) => diskOf(decision, desired, parent)),
    excluded: parts.excluded,
    power: parts.after.power,
    quiesce: desired.quiesce,
    verify: desired.verify,
    timeouts: desired.timeouts,
    release: parts.release,
    nvram: observed.nvram,
    tpm: observed.tpm,
    definitionDigest: observed.definitionDigest,
    hold: asked?.hold ?? null,
    note: asked?.note ?? null,
  };
}

/** The directory that the uuid has already, under whatever name (`moved:`); else a new one. */
export function directoryFor(domain: DomainSituation, store: StoreSituation): string {
  if (domain.directory !== null) return domain.directory.directory;
  return directoryNameOf(domain.name, domain.uuid, new Set(store.taken.keys()));
}

function nextSequence(directory: ObservedDirectory | null, chain: ChainId): number {
  const points = directory?.chains.find(({ id }) => id === chain)?.points ?? [];
  return points.reduce((last, { sequence }) => Math.max(last, sequence), -1) + 1;
}

function diskOf(
  decision: DiskDecision,
  desired: DesiredDomain,
  tip: ObservedTip | null,
): BackupDisk {
  const { disk, level } = decision;
  const parent = tip?.disks.find(({ target }) => target === disk.target);
  const [active] = disk.images.seen ? disk.images.value : [];
  if (active === undefined) throw new Error(`No image was seen behind ${disk.target}`);
  const isIncrement = level === 'increment' && tip !== null && parent !== undefined;
  return {
    target: disk.target,
    level,
    base: isIncrement ? tip.checkpoint : null,
    reasons: decision.reasons,
    source: inOneOrder(active.identity),
    sizeBytes: disk.sizeBytes,
    tracked: isTrackable(disk, desired),
    file: `${disk.target.replaceAll(/[^A-Za-z0-9_-]/g, '_')}.qcow2`,
    backing: isIncrement ? `../${tip.directory}/${parent.file}` : null,
    estimateBytes: estimateOf(decision),
  };
}

/** The same identity, its fields in one order: an observation from a file may have any (law 2). */
function inOneOrder(source: SourceIdentity): SourceIdentity {
  const { kind, path, device, inode, stableId, format, serial } = source;
  return { kind, path, device, inode, stableId, format, serial };
}

/** A full reads what is allocated, an increment what QEMU counts as dirty; null when nobody counted. */
function estimateOf({ level, disk, dirtyBytes }: DiskDecision): number | null {
  return level === 'full' ? disk.allocatedBytes : dirtyBytes;
}

// A week of nights: enough for a median, and not last year's habits.
const lookedBack = 7;

/**
 * What the point will be: the sum of its disks. Where nobody counted what
 * changed, as in a domain that is off, the median of its newest increments.
 */
function estimated(
  directory: ObservedDirectory | null,
  disks: readonly DiskDecision[],
): Pick<Backup, 'bytes' | 'bytesFrom'> {
  const unknown = disks.filter((disk) => estimateOf(disk) === null);
  if (unknown.length === 0) {
    return { bytes: disks.reduce((sum, disk) => sum + (estimateOf(disk) ?? 0), 0) };
  }
  if (unknown.some(({ level }) => level === 'full')) return { bytes: null };
  const before = (directory?.chains ?? [])
    .flatMap(({ points }) => points)
    .filter(({ level, fault }) => level === 'increment' && fault === undefined)
    .toSorted((a, b) => byText(b.at, a.at) || byText(b.id, a.id))
    .slice(0, lookedBack)
    .map(({ bytes }) => bytes)
    .toSorted((a, b) => a - b);
  const median = before[Math.floor(before.length / 2)];
  return median === undefined ? { bytes: null } : { bytes: median, bytesFrom: 'history' };
}

// A raw disk beside increments is whole at each point: no news.
const ordinary: ReadonlySet<string> = new Set(['raw', 'format']);

/** Why now; then what is no increment, and why; then what the parent had and this point has not. */
function backupReasons(
  { due, cause, disks, excluded }: BackupParts,
  parent: ObservedTip | null,
): readonly Reason[] {
  const found = cause === null ? [...due] : [...due, cause];
  for (const reason of disks.flatMap(({ reasons }) => reasons)) {
    if (reason.code === cause?.code) continue;
    const isNews = (parent === null && cause === null) || !ordinary.has(reason.code);
    if (isNews) found.push(reason);
  }
  // What is left out on purpose is in the action's own list.
  const targets = new Set([
    ...disks.map(({ disk }) => disk.target),
    ...excluded.map((disk) => disk.target),
  ]);
  for (const { target } of parent?.disks ?? []) {
    if (!targets.has(target)) found.push({ code: 'disk-removed', facts: { disk: target } });
  }
  return found;
}
