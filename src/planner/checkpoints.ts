import type { DropCheckpoint, RedefineCheckpoint } from '../model/checkpoint-action.ts';
import {
  checkpointOwner,
  isCheckpointName,
  type CheckpointName,
  type PointId,
} from '../model/identity.ts';
import type { ObservedDirectory, ObservedPoint } from '../model/observed-store.ts';
import type { ObservedDomain } from '../model/observed.ts';
import type { Reason } from '../model/reason.ts';
import { byText } from './order.ts';
import type { DomainSituation, Planning, StoreSituation } from './planning.ts';
import { unreadableFaults } from './timeline.ts';
import { isRedefinable } from './trackers.ts';

/** How a domain will be when the repairs before are done, and their ids. */
export interface AfterRepairs {
  readonly power: 'running' | 'paused' | 'off';
  readonly dependsOn: readonly string[];
  /** Images are put back before: the bitmaps that were seen are of those that go. */
  readonly imagesBack?: boolean;
}

/**
 * Checkpoints and bitmaps of ours that no published point uses: left by a
 * point that failed, by a run that died between publishing and letting go, or
 * unwanted since. Only of stores that can be read; another store's are foreign.
 */
export function checkpointDrops(
  planning: Planning,
  domain: DomainSituation,
  after: AfterRepairs,
): readonly DropCheckpoint[] {
  const { observed, desired } = domain;
  if (observed === null || desired === null || !observed.checkpoints.seen) return [];
  const listed = new Set(observed.checkpoints.value.map(({ name }) => name));
  return presentCheckpoints(observed).flatMap((checkpoint): readonly DropCheckpoint[] => {
    const store = ownerStore(planning, checkpoint);
    if (store?.ref === undefined || store.ref === null || store.trouble !== null) return [];
    const directory = store.directories.get(domain.uuid) ?? null;
    const reason = dropReason(checkpoint, directory, desired.tracker === 'never');
    const images = imagesWith(observed, checkpoint, after);
    if (reason === null || images === null) return [];
    return [
      {
        kind: 'drop-checkpoint',
        id: `drop-checkpoint:${store.name}:${domain.uuid}:${checkpoint}`,
        wave: 10,
        address: domain.address,
        dependsOn: after.dependsOn,
        reasons: [reason],
        place: null,
        blockedBy: [],
        bytes: null,
        domain: { uuid: domain.uuid, name: domain.name },
        store: store.ref,
        checkpoint,
        power: after.power,
        listed: listed.has(checkpoint),
        images,
      },
    ];
  });
}

/** Names of our checkpoints that a domain has, listed by libvirt or left as bitmaps; by name. */
export function presentCheckpoints(domain: ObservedDomain): readonly CheckpointName[] {
  const names = new Set<CheckpointName>();
  for (const { name } of domain.checkpoints.seen ? domain.checkpoints.value : []) {
    if (isCheckpointName(name)) names.add(name);
  }
  for (const { bitmaps } of domain.disks) {
    for (const { name } of bitmaps?.seen === true ? bitmaps.value : []) {
      if (isCheckpointName(name)) names.add(name);
    }
  }
  return [...names].toSorted(byText);
}

/**
 * The checkpoints of one store that a new point there replaces: the one of the
 * newest point, and of points that are published but faulty. What no point
 * uses is not among them: that is dropped on its own.
 */
export function replacedCheckpoints(
  planning: Planning,
  domain: DomainSituation,
  observed: ObservedDomain,
): readonly CheckpointName[] {
  return presentCheckpoints(observed).filter(
    (checkpoint) =>
      domain.store !== null &&
      ownerStore(planning, checkpoint) === domain.store &&
      dropReason(checkpoint, domain.directory, domain.desired?.tracker === 'never') === null,
  );
}

/** The store of the policy that a checkpoint belongs to; null if none can be read, or two share the prefix. */
export function ownerStore(planning: Planning, checkpoint: CheckpointName): StoreSituation | null {
  const prefix = checkpointOwner(checkpoint)?.storePrefix;
  const owners = planning.stores.filter(
    ({ ready }) => prefix !== undefined && ready?.id.slice(0, 8) === prefix,
  );
  return owners.length === 1 ? (owners[0] ?? null) : null;
}

/** Why a checkpoint may go; null if a point uses it, or may. */
function dropReason(
  checkpoint: CheckpointName,
  directory: ObservedDirectory | null,
  never: boolean,
): Reason | null {
  if (never) return { code: 'tracker-never' };
  const tip = directory?.tip ?? null;
  if (tip?.checkpoint === checkpoint) {
    const closed = directory?.chains.find(({ id }) => id === tip.chain)?.closed ?? null;
    return closed === null ? null : { code: closed };
  }
  const point = checkpointOwner(checkpoint)?.point;
  return point !== undefined && isPublishedAfter(point, directory)
    ? null
    : { code: 'no-point-uses-it' };
}

/**
 * Whether a point is published and newer than the newest valid one: it is
 * faulty, perhaps only for now, and its checkpoint goes with the next full.
 */
function isPublishedAfter(point: PointId, directory: ObservedDirectory | null): boolean {
  const tip = directory?.tip ?? null;
  if (tip !== null && point.slice(0, 16) < tip.point.slice(0, 16)) return false;
  return (
    directory?.chains.some(({ points }) =>
      points.some((one) => isSamePoint(one, point) && (tip === null || one.fault !== undefined)),
    ) ?? false
  );
}

/** By its id; of a point whose manifest cannot be read only the instant in its directory's name is known (I4). */
function isSamePoint({ id, fault }: ObservedPoint, point: PointId): boolean {
  if (id === point) return true;
  return (
    fault !== undefined && unreadableFaults.has(fault) && id.slice(0, 16) === point.slice(0, 16)
  );
}

/**
 * Active images with a bitmap, where the domain will be off: its own facts if
 * it is off now, libvirt's if a run had started it. Of images that are put back
 * before, nobody has looked at the bitmaps: all that may have it. null: not to be told.
 */
function imagesWith(
  domain: ObservedDomain,
  checkpoint: CheckpointName,
  { power, imagesBack = false }: AfterRepairs,
): readonly string[] | null {
  if (power !== 'off') return [];
  const targets = new Set(
    domain.checkpoints.seen
      ? domain.checkpoints.value
          .filter(({ name }) => name === checkpoint)
          .flatMap(({ disks }) => disks.map(({ target }) => target))
      : [],
  );
  const images: string[] = [];
  for (const { target, format, bitmaps, images: chain } of domain.disks) {
    if (bitmaps?.seen === false) return null;
    const has = imagesBack
      ? format === 'qcow2' && bitmaps !== null
      : domain.state === 'off'
        ? bitmaps?.value.some(({ name }) => name === checkpoint) === true
        : targets.has(target);
    if (!has) continue;
    const active = chain.seen ? chain.value[0] : undefined;
    if (active === undefined) return null;
    images.push(active.identity.path);
  }
  return images.toSorted(byText);
}

/** Tells libvirt again of the checkpoint of the newest point, whose bitmaps are all there; null if that cannot be, or need not. */
export function checkpointRedefinition(
  domain: DomainSituation,
  after: AfterRepairs,
): RedefineCheckpoint | null {
  const { observed, desired, directory, store } = domain;
  const tip = directory?.tip ?? null;
  if (observed === null || desired === null || directory === null || tip === null) return null;
  if (tip.checkpoint === null || store?.ref === undefined || store.ref === null) return null;
  const chain = directory.chains.find(({ id }) => id === tip.chain);
  if (chain === undefined || chain.closed !== null || desired.tracker === 'never') return null;
  if (store.trouble !== null || !isRedefinable(observed, tip)) return null;
  return {
    kind: 'redefine-checkpoint',
    id: `redefine-checkpoint:${store.name}:${domain.uuid}`,
    wave: 10,
    address: domain.address,
    dependsOn: after.dependsOn,
    reasons: [{ code: 'checkpoint-unlisted' }],
    place: null,
    blockedBy: [],
    bytes: null,
    domain: { uuid: domain.uuid, name: domain.name },
    store: store.ref,
    checkpoint: tip.checkpoint,
    chain: tip.chain,
    point: tip.point,
    definition: `domains/${directory.directory}/${tip.chain}/${tip.directory}/checkpoint.xml`,
  };
}
