import type { VerifyCopies } from '../../src/model/check-action.ts';
import type { CopyPoints, HideCopies, PurgeCopies } from '../../src/model/copy-action.ts';
import { pointDirectory, type StoreId } from '../../src/model/identity.ts';
import type {
  ObservedMirrorContent,
  ObservedMirrorDirectory,
} from '../../src/model/observed-mirror.ts';
import type { ObservedChain, ObservedPoint } from '../../src/model/observed-store.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import { seen } from '../../src/model/result.ts';
import { checkedPoints } from './checked.ts';

type Copies = CopyPoints | HideCopies | PurgeCopies;

const placeOf = ({ sequence, id, level }: ObservedPoint): string =>
  pointDirectory(sequence, id, level);

/** The world after an action on copies that succeeded. */
export function appliedAtMirror(observed: ObservedState, action: Copies): ObservedState {
  const known = observed.mirrors.find(({ name }) => name === action.mirror.name) ?? {
    name: action.mirror.name,
    stores: [],
  };
  const store = observed.stores.find(
    ({ state }) => state.kind === 'ready' && state.id === action.mirror.store,
  );
  if (store === undefined) throw new Error(`${action.id} has no store`);
  const look = known.stores.find((one) => one.store === store.name);
  if (look?.state.seen === false) throw new Error(`${action.id} works where nothing was seen`);
  const content = changed(
    observed,
    look?.state.seen === true ? look.state.value : nothingAt(action.mirror.store),
    action,
  );
  const stores = [
    ...known.stores.filter((one) => one !== look),
    { store: store.name, state: seen(content) },
  ];
  return {
    ...observed,
    mirrors: [...observed.mirrors.filter((one) => one !== known), { name: known.name, stores }],
  };
}

const nothingAt = (store: StoreId): ObservedMirrorContent => ({
  store,
  kind: 'blank',
  directories: [],
  freeBytes: null,
  unreadable: [],
  foreign: 0,
});

function changed(
  observed: ObservedState,
  content: ObservedMirrorContent,
  action: Copies,
): ObservedMirrorContent {
  const known = content.directories.find(({ directory }) => directory === action.directory) ?? {
    directory: action.directory,
    ...action.domain,
    chains: [],
    deleted: [],
    partial: [],
  };
  const next =
    action.kind === 'copy-points'
      ? copied(observed, known, action)
      : action.kind === 'hide-copies'
        ? hidden(observed, known, action)
        : purged(known, action);
  return {
    ...content,
    kind: 'ready',
    directories: [...content.directories.filter((one) => one !== known), next],
  };
}

function copied(
  { stores, observedAt }: ObservedState,
  known: ObservedMirrorDirectory,
  action: CopyPoints,
): ObservedMirrorDirectory {
  const ready = stores.find(({ name }) => name === action.store.name)?.state;
  const local =
    ready?.kind === 'ready'
      ? ready.directories
          .find(({ directory }) => directory === action.directory)
          ?.chains.find(({ id }) => id === action.chain)
      : undefined;
  if (local === undefined) throw new Error(`${action.id}: its chain is not in the store`);
  const places = new Set(action.points.map(({ directory }) => directory));
  const before: ObservedChain = known.chains.find(({ id }) => id === action.chain) ?? {
    id: action.chain,
    held: false,
    closed: local.closed,
    points: [],
  };
  const isMended = (point: ObservedPoint): boolean =>
    action.damaged?.includes(placeOf(point)) === true;
  const checked = { structure: observedAt, hash: observedAt };
  const brought = local.points
    .filter((point) => places.has(placeOf(point)))
    .map(({ checked: _checked, ...point }): ObservedPoint =>
      isMended(point) ? { ...point, checked } : point,
    );
  if (brought.length !== places.size) throw new Error(`${action.id} copies what is not there`);
  const points = [
    ...before.points.filter((point) => !places.has(placeOf(point))),
    ...brought.map(({ fault: _fault, ...point }) => point),
  ].toSorted((a, b) => a.sequence - b.sequence);
  const chain = { ...before, held: before.held || local.held, points: mended(points) };
  const isGone = (one: { readonly chain: string; readonly pointDirectory: string }): boolean =>
    one.chain === action.chain && places.has(one.pointDirectory);
  return {
    ...known,
    chains: [...known.chains.filter(({ id }) => id !== action.chain), chain].toSorted((a, b) =>
      a.id < b.id ? -1 : 1,
    ),
    deleted: known.deleted.filter((one) => !isGone(one)),
    partial: known.partial.filter((one) => !isGone(one)),
  };
}

/** The world after copies at a mirror were checked and found sound. */
export function checkedAtMirror(observed: ObservedState, action: VerifyCopies): ObservedState {
  const mirrors = observed.mirrors.map((mirror) => {
    if (mirror.name !== action.mirror.name) return mirror;
    const stores = mirror.stores.map((look) => {
      if (!look.state.seen || look.state.value.store !== action.mirror.store) return look;
      const directories = look.state.value.directories.map((one) =>
        one.directory === action.directory ? checkedPoints(one, action, observed.observedAt) : one,
      );
      return { ...look, state: seen({ ...look.state.value, directories }) };
    });
    return { ...mirror, stores };
  });
  return { ...observed, mirrors };
}

/** What only inherited its fault is valid again once its parents are. */
function mended(points: readonly ObservedPoint[]): readonly ObservedPoint[] {
  let isWhole = true;
  return points.map((point) => {
    const { fault, ...valid } = point;
    const isInherited = fault === 'parent-faulty' || fault === 'parent-missing';
    if (fault === undefined || (isInherited && isWhole)) return valid;
    isWhole = false;
    return point;
  });
}

function hidden(
  { observedAt }: ObservedState,
  known: ObservedMirrorDirectory,
  action: HideCopies,
): ObservedMirrorDirectory {
  const chain = known.chains.find(({ id }) => id === action.chain);
  if (chain === undefined) throw new Error(`${action.id} is not there`);
  return {
    ...known,
    chains: known.chains.filter((one) => one !== chain),
    deleted: [
      ...known.deleted,
      ...chain.points.map((point) => ({
        chain: chain.id,
        pointDirectory: placeOf(point),
        id: point.id,
        sequence: point.sequence,
        bytes: point.bytes,
        deletedAt: observedAt,
      })),
    ],
  };
}

function purged(known: ObservedMirrorDirectory, action: PurgeCopies): ObservedMirrorDirectory {
  const places = new Set(action.points.map(({ directory }) => directory));
  return {
    ...known,
    deleted: known.deleted.filter(
      (one) => one.chain !== action.chain || !places.has(one.pointDirectory),
    ),
  };
}
