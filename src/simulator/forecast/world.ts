import type { DesiredState } from '../../model/desired.ts';
import type { DomainUuid } from '../../model/identity.ts';
import { millisecondsOf, type Instant } from '../../model/instant.ts';
import type { ObservedDirectory, ReadyStore } from '../../model/observed-store.ts';
import type { ObservedDomain, ObservedState } from '../../model/observed.ts';
import { seen } from '../../model/result.ts';

/** What should be and what is, at one modelled instant. */
export interface World {
  readonly desired: DesiredState;
  readonly observed: ObservedState;
}

/** The same world later: the wall clock and the clock since boot go on together (G154). */
export function worldAt(world: World, at: Instant): World {
  const { observed } = world;
  const passed = (millisecondsOf(at) - millisecondsOf(observed.observedAt)) / 1000;
  return {
    ...world,
    observed: {
      ...observed,
      observedAt: at,
      host: { ...observed.host, bootClockSeconds: observed.host.bootClockSeconds + passed },
    },
  };
}

/** The part of a world that some domains are, and what stands on its stores: that is not deleted (G213). */
export function worldOf({ desired, observed }: World, uuids: ReadonlySet<DomainUuid>): World {
  const own = <T extends { readonly uuid: DomainUuid }>(all: readonly T[]): readonly T[] =>
    all.filter(({ uuid }) => uuids.has(uuid));
  const { hypervisor } = observed;
  const roots = observed.stores.map(({ path }) => `${path}/`);
  const isThere = (domain: ObservedDomain): boolean =>
    uuids.has(domain.uuid) || standsOn(domain, roots);
  return {
    desired: {
      ...desired,
      domains: own(desired.domains),
      ignored: own(desired.ignored),
      removed: own(desired.removed),
    },
    observed: {
      ...observed,
      hypervisor: hypervisor.seen
        ? seen({ ...hypervisor.value, domains: hypervisor.value.domains.filter(isThere) })
        : hypervisor,
      stores: observed.stores.map((store) =>
        store.state.kind === 'ready'
          ? {
              ...store,
              state: {
                ...store.state,
                directories: own(store.state.directories),
                trash: own(store.state.trash),
                memory: memoryOfSome(store.state, uuids),
              },
            }
          : store,
      ),
      mirrors: observed.mirrors.map((mirror) => ({
        ...mirror,
        stores: mirror.stores.map(({ store, state }) => ({
          store,
          state: state.seen
            ? seen({ ...state.value, directories: own(state.value.directories) })
            : state,
        })),
      })),
    },
  };
}

function standsOn({ disks }: ObservedDomain, roots: readonly string[]): boolean {
  return disks.some(
    ({ images }) =>
      images.seen &&
      images.value.some(({ identity }) => roots.some((root) => identity.path.startsWith(root))),
  );
}

// Otherwise the points of all the other domains would look as if they had vanished (G153).
function memoryOfSome({ memory }: ReadyStore, uuids: ReadonlySet<string>): ReadyStore['memory'] {
  if (memory === null) return null;
  const own = (points: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
    Object.fromEntries(Object.entries(points).filter(([uuid]) => uuids.has(uuid)));
  const mirrors = Object.entries(memory.mirrors ?? {}).map(
    ([name, one]) => [name, { ...one, points: own(one.points) }] as const,
  );
  return {
    ...memory,
    points: own(memory.points),
    ...(memory.mirrors === undefined ? {} : { mirrors: Object.fromEntries(mirrors) }),
  };
}

/** The world with another domain in the place of the one that has that uuid. */
export function withDomain(
  observed: ObservedState,
  uuid: DomainUuid,
  change: (domain: ObservedDomain) => ObservedDomain,
): ObservedState {
  const { hypervisor } = observed;
  if (!hypervisor.seen) return observed;
  const domains = hypervisor.value.domains.map((one) => (one.uuid === uuid ? change(one) : one));
  return { ...observed, hypervisor: seen({ ...hypervisor.value, domains }) };
}

/** The world with another store in the place of the one that has that name. */
export function withStore(
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

/** The ready stores of a world, by name. */
export function readyStores(
  observed: ObservedState,
): readonly { readonly name: string; readonly state: ReadyStore }[] {
  return observed.stores.flatMap(({ name, state }) =>
    state.kind === 'ready' ? [{ name, state }] : [],
  );
}

/** Milliseconds of a directory's newest valid point; null without one. */
export function newestMs(directory: ObservedDirectory | undefined): number | null {
  const tip = directory?.tip ?? null;
  const chain = directory?.chains.find(({ id }) => id === tip?.chain);
  const point = chain?.points.find(({ id }) => id === tip?.point);
  return point === undefined ? null : millisecondsOf(point.at);
}
