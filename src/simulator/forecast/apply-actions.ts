import type { Action } from '../../model/action.ts';
import type { Backup } from '../../model/backup-action.ts';
import { runId, type ChainId } from '../../model/identity.ts';
import { compactInstant, millisecondsOf } from '../../model/instant.ts';
import type { ObservedChain, ObservedDirectory, ReadyStore } from '../../model/observed-store.ts';
import type { ObservedDomain, ObservedState } from '../../model/observed.ts';
import type { ImageStat } from '../../model/point.ts';
import { seen } from '../../model/result.ts';
import type { PurgeTrash, TrashChain } from '../../model/store-action.ts';
import { copied, hidden, removed } from './mirror-world.ts';
import { pointBytes, type SizeModel } from './sizes.ts';
import { tipAfter } from './tip-after.ts';
import { newestMs, withDomain, withStore } from './world.ts';

/**
 * What a fresh look would show after these actions of a plan, all of which
 * succeed while time stands still. Points have modelled sizes. Of repairs only
 * those of trackers are known here: a start has nothing else to repair.
 */
export function applyActions(
  observed: ObservedState,
  actions: readonly Action[],
  sizes: SizeModel,
): ObservedState {
  return actions.reduce((state, action) => applyOne(state, action, sizes), observed);
}

function applyOne(observed: ObservedState, action: Action, sizes: SizeModel): ObservedState {
  switch (action.kind) {
    case 'backup':
      return backedUp(observed, action, sizes);
    case 'trash-chain':
      return withStore(observed, action.store.name, (store) =>
        trashed(store, action, observed.observedAt),
      );
    case 'purge-trash':
      return withStore(observed, action.store.name, (store) => purged(store, action));
    case 'copy-points':
      return copied(observed, action);
    case 'hide-copies':
      return hidden(observed, action);
    case 'purge-copies':
      return removed(observed, action);
    // What was damaged at the start stays so: nobody knows what a healed point would be built on.
    case 'heal':
      return observed;
    case 'drop-checkpoint':
      return withDomain(observed, action.domain.uuid, (one) =>
        withoutCheckpoints(one, [action.checkpoint]),
      );
    case 'redefine-checkpoint':
      return withDomain(observed, action.domain.uuid, (one) =>
        withCheckpoint(one, action.checkpoint, qcow2Targets(one)),
      );
    default:
      throw new Error(`A modelled world needs no ${action.kind}`);
  }
}

function backedUp(observed: ObservedState, action: Backup, sizes: SizeModel): ObservedState {
  const { uuid } = action.domain;
  const after = withDomain(observed, uuid, (one) => {
    const kept = withoutCheckpoints(one, action.release);
    if (action.checkpoint === null) return kept;
    const targets = action.disks.filter(({ tracked }) => tracked).map(({ target }) => target);
    return withCheckpoint(kept, action.checkpoint, targets);
  });
  const domain = after.hypervisor.seen
    ? after.hypervisor.value.domains.find((one) => one.uuid === uuid)
    : undefined;
  return withStore(after, action.store.name, (store) => {
    const known = store.directories.find((one) => one.uuid === uuid);
    const bytes = pointBytes(sizes, uuid, action.disks, {
      atMs: millisecondsOf(observed.observedAt),
      beforeMs: newestMs(known),
    });
    const directory = published(known ?? emptyDirectory(action), action, {
      at: observed.observedAt,
      bytes,
      images: domain?.state === 'off' ? imagesOf(domain) : null,
    });
    const others = store.directories.filter((one) => one.uuid !== uuid);
    return { ...store, directories: [...others, directory] };
  });
}

function emptyDirectory({ directory, domain }: Backup): ObservedDirectory {
  return { directory, ...domain, chains: [], tip: null, incoming: [], lastLook: null };
}

function published(
  directory: ObservedDirectory,
  action: Backup,
  {
    at,
    bytes,
    images,
  }: {
    readonly at: string;
    readonly bytes: number;
    readonly images: readonly ImageStat[] | null;
  },
): ObservedDirectory {
  const { point: id, sequence, level } = action;
  const known = directory.chains.find((chain) => chain.id === action.chain);
  const chain: ObservedChain = {
    ...(known ?? emptyChain(action.chain)),
    points: [...(known?.points ?? []), { id, sequence, level, at, bytes }],
  };
  return {
    ...directory,
    name: action.domain.name,
    // A new chain's id is later than all there are.
    chains: [...directory.chains.filter((one) => one !== known), chain],
    tip: tipAfter(action),
    lastLook: images === null ? null : { formatVersion: 1, point: id, at, images },
  };
}

const emptyChain = (id: ChainId): ObservedChain => ({ id, held: false, closed: null, points: [] });

function trashed(store: ReadyStore, action: TrashChain, at: string): ReadyStore {
  // Two runs of one instant do not happen here, so the digits tell nothing apart.
  const run = runId(`${compactInstant(at)}-00000000`);
  return {
    ...store,
    directories: store.directories.map((one) =>
      one.directory === action.directory
        ? { ...one, chains: one.chains.filter(({ id }) => id !== action.chain) }
        : one,
    ),
    trash: [
      ...store.trash,
      {
        run,
        path: `.trash/${run}/${action.directory}/${action.chain}`,
        uuid: action.domain.uuid,
        name: action.domain.name,
        chain: action.chain,
        points: action.points.length,
        bytes: action.bytes ?? 0,
        trashedAt: at,
      },
    ],
  };
}

function purged(store: ReadyStore, { path, chain }: PurgeTrash): ReadyStore {
  return {
    ...store,
    trash: store.trash.filter((item) => item.path !== path || item.chain !== chain),
  };
}

/** A domain without these checkpoints and their bitmaps. */
export function withoutCheckpoints(one: ObservedDomain, names: readonly string[]): ObservedDomain {
  const isKept = ({ name }: { readonly name: string }): boolean => !names.includes(name);
  return {
    ...one,
    checkpoints: one.checkpoints.seen
      ? seen(one.checkpoints.value.filter(isKept))
      : one.checkpoints,
    disks: one.disks.map((disk) =>
      disk.bitmaps?.seen === true
        ? { ...disk, bitmaps: seen(disk.bitmaps.value.filter(isKept)) }
        : disk,
    ),
  };
}

/** A domain with one more checkpoint; of one that is off, with its bitmaps in the images. */
export function withCheckpoint(
  one: ObservedDomain,
  name: string,
  targets: readonly string[],
): ObservedDomain {
  if (!one.checkpoints.seen) return one;
  const isOff = one.state === 'off';
  const disks = targets.map((target) => ({
    target,
    bitmap: name,
    dirtyBytes: isOff ? null : 0,
  }));
  return {
    ...one,
    checkpoints: seen([...one.checkpoints.value, { name, parent: null, disks }]),
    disks: one.disks.map((disk) =>
      isOff && targets.includes(disk.target) && disk.bitmaps?.seen === true
        ? { ...disk, bitmaps: seen([...others(disk.bitmaps.value, name), bitmapOf(name)]) }
        : disk,
    ),
  };
}

const bitmapOf = (name: string) => ({ name, granularityBytes: 65_536, flags: ['auto'] });

const others = <T extends { readonly name: string }>(all: readonly T[], name: string) =>
  all.filter((one) => one.name !== name);

const qcow2Targets = ({ disks }: ObservedDomain): readonly string[] =>
  disks.filter(({ format }) => format === 'qcow2').map(({ target }) => target);

function imagesOf({ disks }: ObservedDomain): readonly ImageStat[] {
  return disks.flatMap(({ images }) =>
    images.seen ? images.value.flatMap(({ stat }) => (stat === null ? [] : [stat])) : [],
  );
}
