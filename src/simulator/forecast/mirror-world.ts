import type { CopyPoints, HideCopies, PurgeCopies } from '../../model/copy-action.ts';
import type { StoreId } from '../../model/identity.ts';
import type {
  ObservedDeletedPoint,
  ObservedMirrorContent,
  ObservedMirrorDirectory,
} from '../../model/observed-mirror.ts';
import type { ObservedChain, ObservedPoint } from '../../model/observed-store.ts';
import type { ObservedState } from '../../model/observed.ts';
import { seen } from '../../model/result.ts';
import { placeOfPoint } from '../../planner/chains-beside.ts';
import { readyStores, type World } from './world.ts';

/** The world with other copies of one store at one mirror. */
export function withCopies(
  observed: ObservedState,
  mirror: string,
  store: StoreId,
  change: (content: ObservedMirrorContent) => ObservedMirrorContent,
): ObservedState {
  return {
    ...observed,
    mirrors: observed.mirrors.map((one) =>
      one.name === mirror
        ? {
            ...one,
            stores: one.stores.map((look) =>
              look.state.seen && look.state.value.store === store
                ? { ...look, state: seen(change(look.state.value)) }
                : look,
            ),
          }
        : one,
    ),
  };
}

/** What a mirror shows of all stores. */
export function contentsAt(
  { mirrors }: ObservedState,
  mirror: string,
): readonly ObservedMirrorContent[] {
  const looks = mirrors.find(({ name }) => name === mirror)?.stores ?? [];
  return looks.flatMap(({ state }) => (state.seen ? [state.value] : []));
}

type Owner = Pick<ObservedMirrorDirectory, 'directory' | 'uuid' | 'name'>;

/** The content with another directory in the place of one, which is made if it is missing. */
export function withDirectory(
  content: ObservedMirrorContent,
  owner: Owner,
  change: (directory: ObservedMirrorDirectory) => ObservedMirrorDirectory,
): ObservedMirrorContent {
  const known = content.directories.find(({ directory }) => directory === owner.directory);
  const others = content.directories.filter((one) => one !== known);
  const { directory, uuid, name } = owner;
  const empty = { directory, uuid, name, chains: [], deleted: [], partial: [] };
  return { ...content, kind: 'ready', directories: [...others, change(known ?? empty)] };
}

/** After a copy: the store's points are there, and what only lacked them is whole again. */
export function copied(observed: ObservedState, action: CopyPoints): ObservedState {
  const { directory, chain: id, domain, mirror } = action;
  const store = readyStores(observed).find(({ name }) => name === action.store.name)?.state;
  const local = store?.directories
    .find((one) => one.directory === directory)
    ?.chains.find((one) => one.id === id);
  if (local === undefined) throw new Error(`${action.id} copies what is not in its store`);
  const places = new Set(action.points.map((point) => point.directory));
  const points = local.points.filter((point) => places.has(placeOfPoint(point)));
  return withCopies(observed, mirror.name, mirror.store, (content) =>
    withDirectory(content, { directory, ...domain }, (there) => ({
      ...there,
      chains: added(there.chains, local, points),
      deleted: there.deleted.filter((one) => one.chain !== id || !places.has(one.pointDirectory)),
      partial: there.partial.filter((one) => one.chain !== id || !places.has(one.pointDirectory)),
    })),
  );
}

/** Chains with these points of a store's chain among them; its marks come along. */
export function added(
  chains: readonly ObservedChain[],
  { id, held, closed }: ObservedChain,
  points: readonly ObservedPoint[],
): readonly ObservedChain[] {
  const known = chains.find((chain) => chain.id === id);
  const ids = new Set(points.map((point) => point.id));
  const all = [...(known?.points.filter((point) => !ids.has(point.id)) ?? []), ...points];
  const chain: ObservedChain = {
    id,
    held: held || known?.held === true,
    closed: known?.closed ?? closed,
    points: mended(all.toSorted((a, b) => a.sequence - b.sequence)),
  };
  const others = chains.filter((one) => one !== known);
  return [...others, chain].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function mended(points: readonly ObservedPoint[]): readonly ObservedPoint[] {
  let isWhole = true;
  return points.map((point) => {
    const { fault, ...valid } = point;
    const isInherited = fault === 'parent-missing' || fault === 'parent-faulty';
    if (fault === undefined || (isWhole && isInherited)) return isWhole ? valid : point;
    isWhole = false;
    return point;
  });
}

/** After a deletion there: hidden, with its data. */
export function hidden(observed: ObservedState, action: HideCopies): ObservedState {
  const { directory, chain, domain, mirror } = action;
  return withCopies(observed, mirror.name, mirror.store, (content) =>
    withDirectory(content, { directory, ...domain }, (there) => ({
      ...there,
      chains: there.chains.filter(({ id }) => id !== chain),
      deleted: [
        ...there.deleted,
        ...action.points.map((point): ObservedDeletedPoint => ({
          chain,
          pointDirectory: point.directory,
          id: point.id,
          sequence: point.sequence,
          bytes: point.bytes ?? 0,
          deletedAt: observed.observedAt,
        })),
      ],
    })),
  );
}

/** After a removal for good. */
export function removed(observed: ObservedState, action: PurgeCopies): ObservedState {
  const { directory, chain, domain, mirror } = action;
  const places = new Set(action.points.map((point) => point.directory));
  return withCopies(observed, mirror.name, mirror.store, (content) =>
    withDirectory(content, { directory, ...domain }, (there) => ({
      ...there,
      deleted: there.deleted.filter(
        (one) => one.chain !== chain || !places.has(one.pointDirectory),
      ),
    })),
  );
}

/** Milliseconds at which deleted copies have had their time, where this host may remove them. */
export function copyExpiries({ desired, observed }: World): readonly number[] {
  return desired.mirrors.flatMap(({ name, deletes, trashKeepSeconds }) =>
    deletes === 'never'
      ? []
      : contentsAt(observed, name).flatMap(({ directories }) =>
          directories.flatMap(({ deleted }) =>
            deleted.flatMap(({ deletedAt }) =>
              deletedAt === null ? [] : [Date.parse(deletedAt) + trashKeepSeconds * 1000],
            ),
          ),
        ),
  );
}
