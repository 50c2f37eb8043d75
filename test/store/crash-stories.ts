import type { ChainId } from '../../src/model/identity.ts';
import type {
  ObservedDirectory,
  ObservedPoint,
  ReadyStore,
} from '../../src/model/observed-store.ts';
import type { Failure, Result } from '../../src/model/result.ts';
import type { VolatileFiles } from '../../src/simulator/volatile-files.ts';
import type { Store } from '../../src/store/store.ts';
import {
  chainOn,
  hold,
  imageText,
  later,
  must,
  pointOf,
  publishPoints,
  theRun,
  theStore,
  web01,
} from './fixture.ts';

/** The store in the model. */
export const ref = { name: 'main', path: '/store', id: theStore };
const old = chainOn(1);
const live = chainOn(8);

/** A change, and how the next run goes on when it finds that it was cut off. */
export interface Story {
  readonly name: string;
  prepare(store: Store, files: VolatileFiles): void;
  act(store: Store, files: VolatileFiles): Result<void, Failure>;
  /** Whether an observation shows the change as done. */
  isDone(state: ReadyStore): boolean;
  /** Chains whose points this change may not touch, and those that it may not lose but may move. */
  readonly untouched: readonly ChainId[];
  readonly moved: readonly ChainId[];
}

const place = {
  directory: 'web01',
  chain: live,
  pointDirectory: pointOf(live, 1).place.pointDirectory,
};
const trashPath = `.trash/${theRun}/web01/${old}`;
const trash = (store: Store) =>
  store.trashChain({
    directory: 'web01',
    chain: old,
    uuid: web01,
    points: [0, 1].map((sequence) => pointOf(old, sequence).manifest.point),
    run: theRun,
    at: later,
  });
const loosely = (files: VolatileFiles) => (path: string, content: string) => {
  files.writeLoose(path, content);
};
/** The one domain of the stories. */
export function directory(state: ReadyStore): ObservedDirectory | undefined {
  return state.directories[0];
}
const chainIds = (state: ReadyStore) => directory(state)?.chains.map(({ id }) => id) ?? [];
export function pointsOf(state: ReadyStore, chain: ChainId): readonly ObservedPoint[] {
  return directory(state)?.chains.find(({ id }) => id === chain)?.points ?? [];
}

const publishStory = (name: string, chain: ChainId, sequence: number): Story => ({
  name,
  prepare: (store, files) => {
    publishPoints(store, old, [0, 1], loosely(files));
    if (sequence > 0) publishPoints(store, chain, [0], loosely(files));
  },
  act: (store, files) => {
    const { manifest, place: at } = pointOf(chain, sequence);
    const incoming = store.beginPoint(at, manifest.point, web01);
    if (!incoming.ok) return incoming;
    const written = incoming.value.writeFile('domain.xml', '<domain/>');
    if (!written.ok) return written;
    files.writeLoose(`${incoming.value.path}/vda.qcow2`, imageText(sequence));
    return incoming.value.publish(manifest);
  },
  isDone: (state) => pointsOf(state, chain).some((point) => point.sequence === sequence),
  untouched: sequence > 0 ? [old, chain] : [old],
  moved: [],
});

/** Every change that a store knows, with what it may and may not touch. */
export const stories: readonly Story[] = [
  publishStory('publish a full, which begins a chain', live, 0),
  publishStory('publish an increment', live, 1),
  {
    name: 'trash a chain',
    prepare: (store, files) => {
      publishPoints(store, old, [0, 1], loosely(files));
      publishPoints(store, live, [0], loosely(files));
    },
    act: trash,
    isDone: (state) => !chainIds(state).includes(old),
    untouched: [live],
    moved: [old],
  },
  {
    name: 'put a chain back',
    prepare: (store, files) => {
      publishPoints(store, old, [0, 1], loosely(files));
      publishPoints(store, live, [0], loosely(files));
      must(trash(store));
    },
    act: (store) => store.restoreTrash(trashPath, old, hold),
    isDone: (state) => state.trash.length === 0,
    untouched: [live],
    moved: [old],
  },
  {
    name: 'purge a chain',
    prepare: (store, files) => {
      publishPoints(store, old, [0, 1], loosely(files));
      publishPoints(store, live, [0], loosely(files));
      must(trash(store));
    },
    act: (store) => store.purgeTrash(trashPath, old),
    isDone: (state) => state.trash.length === 0,
    untouched: [live],
    moved: [],
  },
  {
    name: 'hold a point',
    prepare: (store, files) => publishPoints(store, live, [0, 1], loosely(files)),
    act: (store) => store.writeHold('web01', live, place.pointDirectory, hold),
    isDone: (state) => pointsOf(state, live).some((point) => point.held === true),
    untouched: [live],
    moved: [],
  },
  {
    name: 'release a point',
    prepare: (store, files) => {
      publishPoints(store, live, [0, 1], loosely(files));
      must(store.writeHold('web01', live, place.pointDirectory, hold));
    },
    act: (store) => store.removeHold('web01', live, place.pointDirectory),
    isDone: (state) => pointsOf(state, live).every((point) => point.held !== true),
    untouched: [live],
    moved: [],
  },
  {
    name: 'discard an incoming point',
    prepare: (store, files) => {
      publishPoints(store, old, [0, 1], loosely(files));
      const { manifest, place: at } = pointOf(live, 0);
      const incoming = must(store.beginPoint(at, manifest.point, web01));
      files.writeLoose(`${incoming.path}/vda.qcow2`, 'half an image');
    },
    act: (store, files) => discardAll(store, files),
    isDone: (state) => directory(state)?.incoming.length === 0,
    untouched: [old],
    moved: [],
  },
];

/** What the planner's `discard-incoming` does: every incoming of the one domain. */
export function discardAll(store: Store, files: VolatileFiles): Result<void, Failure> {
  for (const [path] of files.tree(`${ref.path}/domains`)) {
    if (!/\/\.incoming-[^/]+$/.test(path)) continue;
    const discarded = store.discardIncoming(path.slice(ref.path.length + 1));
    if (!discarded.ok) return discarded;
  }
  return { ok: true, value: undefined };
}
