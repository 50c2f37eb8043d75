import type { Action } from '../../src/model/action.ts';
import type { Backup } from '../../src/model/backup-action.ts';
import type { ChainId } from '../../src/model/identity.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  ReadyStore,
} from '../../src/model/observed-store.ts';
import type {
  ObservedDomain,
  ObservedHypervisor,
  ObservedState,
  OpenIntent,
} from '../../src/model/observed.ts';
import { seen, unreachable } from '../../src/model/result.ts';
import { tipAfter } from '../../src/simulator/forecast/tip-after.ts';
import { aRun, readyStore } from './build.ts';
import { checkedPoints, healedPoint } from './checked.ts';
import { drilled } from './drill-world.ts';
import { appliedAtMirror, checkedAtMirror } from './mirror-world.ts';
import { rewritten } from './rewritten.ts';

/** The world after some actions of a plan, all of which succeed; time stands still. */
export function applied(observed: ObservedState, actions: readonly Action[]): ObservedState {
  return actions.reduce(appliedOne, observed);
}

function appliedOne(observed: ObservedState, action: Action): ObservedState {
  switch (action.kind) {
    case 'create-store':
      return {
        ...observed,
        stores: observed.stores.map((store) =>
          store.name === action.store.name
            ? { ...store, state: readyStore([], { id: action.store.id, knownId: action.store.id }) }
            : store,
        ),
      };
    case 'abort-job':
      return closed(
        onDomain(observed, action.domain.uuid, (one) => ({ ...one, job: null })),
        action,
        'backup-job',
      );
    case 'thaw-domain':
      return closed(observed, action, 'frozen-domain');
    case 'restore-power-state':
      return closed(onDomain(observed, action.domain.uuid, poweredOff), action, 'started-domain');
    case 'put-back':
      return closed(observed, action, 'restore-swap');
    case 'discard-files':
      return closed(observed, action, action.intent);
    case 'discard-incoming':
      return onDirectory(observed, action, (directory) => ({
        ...directory,
        incoming: directory.incoming.filter(({ path }) => path !== action.path),
      }));
    case 'drop-checkpoint':
      return onDomain(observed, action.domain.uuid, (one) =>
        rewritten(without(one, [action.checkpoint]), action.images),
      );
    case 'redefine-checkpoint':
      return onDomain(observed, action.domain.uuid, (one) => listed(one, action.checkpoint));
    case 'backup':
      return backedUp(observed, action);
    case 'trash-chain':
      return onStore(observed, action.store.name, (store) => trashed(store, action));
    case 'purge-trash':
      return onStore(observed, action.store.name, (store) => ({
        ...store,
        trash: store.trash.filter(
          ({ path, chain }) => path !== action.path || chain !== action.chain,
        ),
      }));
    case 'copy-points':
    case 'hide-copies':
    case 'purge-copies':
      return appliedAtMirror(observed, action);
    case 'drill':
      return drilled(observed, action);
    case 'end-drill':
      return closed(observed, action, 'drill');
    case 'verify-points':
      return onDirectory(observed, action, (directory) =>
        checkedPoints(directory, action, observed.observedAt),
      );
    case 'verify-copies':
      return checkedAtMirror(observed, action);
    case 'heal':
      return onDirectory(observed, action, (directory) =>
        healedPoint(directory, action, observed.observedAt),
      );
    case 'restore':
    case 'untrack':
      throw new Error(`A policy plan holds no ${action.kind}`);
    default:
      return unreachable(action);
  }
}

type OnHost = Extract<Action, { readonly run: unknown; readonly domain: unknown }>;

/** The intent of a run is closed by the repair that undid it. */
function closed(observed: ObservedState, action: OnHost, kind: OpenIntent['kind']): ObservedState {
  if (!observed.runs.seen) return observed;
  const runs = observed.runs.value.map((one) => ({
    ...one,
    open: one.open.filter(
      (intent) =>
        one.run !== action.run || intent.kind !== kind || intent.uuid !== action.domain.uuid,
    ),
  }));
  return { ...observed, runs: seen(runs) };
}

function onHypervisor(
  observed: ObservedState,
  change: (hypervisor: ObservedHypervisor) => ObservedHypervisor,
): ObservedState {
  if (!observed.hypervisor.seen) return observed;
  return { ...observed, hypervisor: seen(change(observed.hypervisor.value)) };
}

function onDomain(
  observed: ObservedState,
  uuid: string,
  change: (domain: ObservedDomain) => ObservedDomain,
): ObservedState {
  return onHypervisor(observed, (hypervisor) => ({
    ...hypervisor,
    domains: hypervisor.domains.map((one) => (one.uuid === uuid ? change(one) : one)),
  }));
}

function onStore(
  observed: ObservedState,
  name: string,
  change: (store: ReadyStore) => ReadyStore,
): ObservedState {
  return {
    ...observed,
    stores: observed.stores.map((store) =>
      store.name === name && store.state.kind === 'ready'
        ? { ...store, state: change(store.state) }
        : store,
    ),
  };
}

function onDirectory(
  observed: ObservedState,
  action: { readonly store: { readonly name: string }; readonly domain: { readonly uuid: string } },
  change: (directory: ObservedDirectory) => ObservedDirectory,
): ObservedState {
  return onStore(observed, action.store.name, (store) => ({
    ...store,
    directories: store.directories.map((one) =>
      one.uuid === action.domain.uuid ? change(one) : one,
    ),
  }));
}

/** Stopped in order: QEMU writes its bitmaps down. */
function poweredOff(one: ObservedDomain): ObservedDomain {
  const checkpoints = one.checkpoints.seen ? one.checkpoints.value : [];
  return {
    ...one,
    state: 'off',
    stateReason: 'destroyed',
    runningId: null,
    disks: one.disks.map((disk) =>
      disk.format === 'qcow2'
        ? {
            ...disk,
            bitmaps: seen(
              checkpoints
                .filter(({ disks }) => disks.some(({ target }) => target === disk.target))
                .map(({ name }) => ({ name, granularityBytes: 65_536, flags: ['auto'] })),
            ),
          }
        : disk,
    ),
  };
}

function without(one: ObservedDomain, names: readonly string[]): ObservedDomain {
  return {
    ...one,
    checkpoints: one.checkpoints.seen
      ? seen(one.checkpoints.value.filter(({ name }) => !names.includes(name)))
      : one.checkpoints,
    disks: one.disks.map((disk) =>
      disk.bitmaps?.seen === true
        ? { ...disk, bitmaps: seen(disk.bitmaps.value.filter(({ name }) => !names.includes(name))) }
        : disk,
    ),
  };
}

function listed(one: ObservedDomain, name: string, targets?: readonly string[]): ObservedDomain {
  if (!one.checkpoints.seen) return one;
  const disks = one.disks
    .filter(({ target, format }) => targets?.includes(target) ?? format === 'qcow2')
    .map(({ target }) => ({ target, bitmap: name, dirtyBytes: one.state === 'off' ? null : 0 }));
  return { ...one, checkpoints: seen([...one.checkpoints.value, { name, parent: null, disks }]) };
}

function backedUp(observed: ObservedState, action: Backup): ObservedState {
  const withPoint = onStore(observed, action.store.name, (store) => {
    const known = store.directories.find(({ uuid }) => uuid === action.domain.uuid);
    const directory = published(known ?? emptyDirectory(action), action, observed.observedAt);
    return {
      ...store,
      freeBytes: store.freeBytes - (action.bytes ?? 0),
      directories: [
        ...store.directories.filter(({ uuid }) => uuid !== action.domain.uuid),
        directory,
      ],
    };
  });
  return onDomain(withPoint, action.domain.uuid, (one) => {
    const kept = without(one, action.release);
    const { checkpoint } = action;
    if (checkpoint === null) return kept;
    const targets = action.disks.filter(({ tracked }) => tracked).map(({ target }) => target);
    const next = listed(kept, checkpoint, targets);
    if (action.power !== 'off') return next;
    return {
      ...next,
      disks: next.disks.map((disk) =>
        targets.includes(disk.target) && disk.bitmaps?.seen === true
          ? {
              ...disk,
              bitmaps: seen([
                ...disk.bitmaps.value,
                { name: checkpoint, granularityBytes: 65_536, flags: ['auto'] },
              ]),
            }
          : disk,
      ),
    };
  });
}

function emptyDirectory(action: Backup): ObservedDirectory {
  return {
    directory: action.directory,
    uuid: action.domain.uuid,
    name: action.domain.name,
    chains: [],
    tip: null,
    incoming: [],
    lastLook: null,
  };
}

function published(directory: ObservedDirectory, action: Backup, at: string): ObservedDirectory {
  const point = {
    id: action.point,
    sequence: action.sequence,
    level: action.level,
    at,
    bytes: action.bytes ?? 0,
    ...(action.hold === null ? {} : { held: true as const }),
  };
  const known = directory.chains.find(({ id }) => id === action.chain);
  const chain: ObservedChain = {
    ...(known ?? emptyChain(action.chain)),
    points: [...(known?.points ?? []), point],
  };
  return {
    ...directory,
    name: action.domain.name,
    chains: [...directory.chains.filter(({ id }) => id !== action.chain), chain].toSorted((a, b) =>
      a.id < b.id ? -1 : 1,
    ),
    tip: tipAfter(action),
    lastLook: null,
  };
}

const emptyChain = (id: ChainId): ObservedChain => ({ id, held: false, closed: null, points: [] });

function trashed(store: ReadyStore, action: Extract<Action, { kind: 'trash-chain' }>): ReadyStore {
  const isHere = (one: ObservedDirectory): boolean => one.directory === action.directory;
  const directory = store.directories.find(isHere);
  const chain = directory?.chains.find(({ id }) => id === action.chain);
  if (directory === undefined || chain === undefined) throw new Error(`${action.id} is not there`);
  return {
    ...store,
    directories: store.directories.map((one) =>
      isHere(one) ? { ...one, chains: one.chains.filter((each) => each !== chain) } : one,
    ),
    trash: [
      ...store.trash,
      {
        run: aRun,
        path: `.trash/${aRun}/${action.directory}/${action.chain}`,
        uuid: action.domain.uuid,
        name: action.domain.name,
        chain: action.chain,
        points: chain.points.length,
        bytes: action.bytes ?? 0,
        trashedAt: '2026-11-22T09:30:02.000Z',
      },
    ],
  };
}
