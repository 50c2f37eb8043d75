import type { DesiredState, DesiredStore } from '../../model/desired.ts';
import type { Instant } from '../../model/instant.ts';
import type { ObservedStore, ReadyStore } from '../../model/observed-store.ts';
import type { ObservedDomain, ObservedMirror, ObservedState } from '../../model/observed.ts';
import { fail, ok, seen, type Failure, type Result } from '../../model/result.ts';
import { unseenChain } from '../../model/unseen-chain.ts';
import { validPoints } from '../../planner/guards/g153-vanished.ts';
import { emptyContent, emptyHost, emptyStore } from './start-from-nothing.ts';
import type { World } from './world.ts';

/** A world as it was seen, and what was left out of it, a sentence each. */
export interface ObservedStart {
  readonly world: World;
  readonly remarks: readonly string[];
}

/**
 * The world that was observed, with a future in it: the stores have room for
 * ever, nothing is in the middle of being done, and what could not be seen is
 * left out and told. Without the hypervisor or a store there is nothing to begin
 * with: a failure.
 */
export function startFromObserved(
  desired: DesiredState,
  observed: ObservedState,
  at: Instant,
): Result<ObservedStart, Failure> {
  const { hypervisor } = observed;
  if (!hypervisor.seen) return fail(hypervisor.failure);
  const remarks: string[] = [];
  const stores: ObservedStore[] = [];
  for (const store of desired.stores) {
    const found = storeAt(store, observed, remarks);
    if (!found.ok) return found;
    stores.push(found.value);
  }
  for (const { name, message } of hypervisor.value.unseenDomains)
    remarks.push(`${name} is left out: it could not be seen: ${message}`);
  const domains = hypervisor.value.domains
    .filter((domain) => isSeen(domain, remarks))
    .map((domain) => settled(domain, remarks));
  const known = new Set(domains.map(({ uuid }) => uuid));
  const mirrors = mirrorsOf(desired, observed, stores, remarks);
  const isThere = (name: string): boolean => mirrors.some((one) => one.name === name);
  return ok({
    remarks,
    world: {
      desired: {
        ...desired,
        host: null,
        // Of what is gone or unseen nothing new will come.
        domains: desired.domains
          .filter(({ uuid }) => known.has(uuid))
          .map((domain) => ({ ...domain, mirrors: domain.mirrors.filter(isThere) })),
        mirrors: desired.mirrors.filter(({ name }) => isThere(name)),
      },
      observed: {
        ...emptyHost(at),
        hypervisor: seen({ ...hypervisor.value, domains, unseenDomains: [] }),
        stores: stores.map((store) => rememberingMirrors(store, mirrors)),
        mirrors,
      },
    },
  });
}

/** The mirrors that can be told of: as they were seen, or empty where nobody has looked yet. */
function mirrorsOf(
  desired: DesiredState,
  observed: ObservedState,
  stores: readonly ObservedStore[],
  remarks: string[],
): readonly ObservedMirror[] {
  return desired.mirrors.flatMap((mirror): readonly ObservedMirror[] => {
    const found = observed.mirrors.find(({ name }) => name === mirror.name);
    const failures = (found?.stores ?? []).flatMap(({ state }) =>
      state.seen ? [] : [state.failure],
    );
    const [failure] = failures;
    if (failure !== undefined) {
      remarks.push(`mirror ${mirror.name} is left out: it could not be seen: ${failure.message}`);
      return [];
    }
    if (found === undefined)
      remarks.push(`mirror ${mirror.name} was not observed: it begins empty`);
    return [
      {
        name: mirror.name,
        stores: stores.flatMap(({ name, state }) => {
          if (state.kind !== 'ready') return [];
          const look = found?.stores.find(({ store }) => store === name)?.state;
          const isOwn = look?.seen === true && look.value.store === state.id;
          const content = isOwn ? look.value : emptyContent(state.id);
          return [
            { store: name, state: seen({ ...content, kind: 'ready' as const, unreadable: [] }) },
          ];
        }),
      },
    ];
  });
}

/** What the last apply knew of mirrors, agreed with what is there (G153). */
function rememberingMirrors(
  store: ObservedStore,
  mirrors: readonly ObservedMirror[],
): ObservedStore {
  if (store.state.kind !== 'ready' || store.state.memory?.mirrors === undefined) return store;
  const known = Object.entries(store.state.memory.mirrors).map(([name, memory]) => {
    const look = mirrors
      .find((one) => one.name === name)
      ?.stores.find((one) => one.store === store.name)?.state;
    return [name, look?.seen === true ? { ...memory, points: validPoints(look.value) } : memory];
  });
  const memory = { ...store.state.memory, mirrors: Object.fromEntries(known) };
  return { ...store, state: { ...store.state, memory } };
}

/** A store as it was seen, with room for ever; an empty one where none is yet. */
function storeAt(
  store: DesiredStore,
  { stores }: ObservedState,
  remarks: string[],
): Result<ObservedStore, Failure> {
  // Another policy may call the same place otherwise.
  const found =
    stores.find(({ name }) => name === store.name) ??
    stores.find(({ path }) => path === store.path);
  const empty = emptyStore(store);
  if (found === undefined) {
    remarks.push(`store ${store.name} was not observed: it begins empty`);
    return ok(empty);
  }
  const { state } = found;
  if (state.kind === 'unseen') return fail(state.failure);
  if (state.kind === 'blank' || empty.state.kind !== 'ready') return ok(empty);
  const { freeBytes, totalBytes } = empty.state;
  const left = state.unreadable.length;
  if (left > 0)
    remarks.push(
      `store ${store.name}: ${left} ${left === 1 ? 'entry that' : 'entries that'} cannot be read left out`,
    );
  return ok({
    name: store.name,
    path: store.path,
    state: {
      ...state,
      freeBytes,
      totalBytes,
      writable: true,
      unreadable: [],
      knownId: state.id,
      mount: state.memory?.mount ?? state.mount,
      directories: state.directories.map((directory) => ({ ...directory, incoming: [] })),
      memory: settledMemory(store.name, state, remarks),
    },
  });
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

/** What the last apply knew, agreed with what is there: a store that lost points (G153) deletes nothing until somebody says yes. */
function settledMemory(name: string, state: ReadyStore, remarks: string[]): ReadyStore['memory'] {
  const { memory } = state;
  if (memory === null) return null;
  const points = validPoints(state);
  const [found, known] = [sum(points), sum(memory.points)];
  if (found * 2 < known)
    remarks.push(
      `store ${name} has ${found} points, and had ${known} at the last apply: that is taken to be meant (G153)`,
    );
  // The clock of the modelled host begins with it.
  const { space: _looks, ...rest } = memory;
  return { ...rest, points, bootId: 'before' };
}

/** Whether it is known what a domain stands on; one of which it is not would withhold every deletion (G213). */
function isSeen(domain: ObservedDomain, remarks: string[]): boolean {
  const failure = unseenChain(domain);
  if (failure === null) return true;
  remarks.push(
    `${domain.name} is left out: what it stands on could not be seen: ${failure.message}`,
  );
  return false;
}

/** A domain with nothing in progress, and with what it will be for all of the time. */
function settled(domain: ObservedDomain, remarks: string[]): ObservedDomain {
  const isBusy = domain.job !== null || domain.blockJobs.length > 0;
  if (isBusy) remarks.push(`${domain.name}: a job that is running is taken to end at once`);
  if (domain.state === 'off')
    remarks.push(
      `${domain.name} is off and taken to stay so: it gets a point only if it has changed`,
    );
  return { ...domain, job: null, blockJobs: [] };
}
