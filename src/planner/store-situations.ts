import { digestOf } from '../model/canonical.ts';
import type { DesiredStore } from '../model/desired.ts';
import { storeId, type DomainUuid } from '../model/identity.ts';
import type { ObservedDirectory, ObservedStore } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import { unreachable } from '../model/result.ts';
import { byText } from './order.ts';
import type { StoreSituation, StoreTrouble } from './planning.ts';

/** Puts each store of the policy beside what was seen of it, in the order of the policy. */
export function storeSituations(
  stores: readonly DesiredStore[],
  observed: ObservedState,
): readonly StoreSituation[] {
  const seen = new Map(observed.stores.map((store) => [store.name, store]));
  return stores.map((desired) => situationOf(desired, seen.get(desired.name) ?? null, observed));
}

function situationOf(
  desired: DesiredStore,
  observed: ObservedStore | null,
  state: ObservedState,
): StoreSituation {
  const ready = observed?.state.kind === 'ready' ? observed.state : null;
  const toCreate = observed?.state.kind === 'blank' && observed.state.knownId === null;
  const { name, path } = desired;
  const trouble = troubleOf(desired, observed);
  const known = trouble?.code === 'replaced' ? null : (ready?.id ?? null);
  const id = toCreate ? newStoreId(desired, state) : known;
  const { directories, doubles } = byDomain(known === null ? [] : (ready?.directories ?? []));
  return {
    name,
    desired,
    observed,
    ready: known === null ? null : ready,
    ref: id === null ? null : { name, path, id },
    toCreate,
    trouble,
    directories,
    doubles,
    taken: takenNames(ready),
  };
}

/** Why nothing may be written to a store; null if it may. */
function troubleOf(desired: DesiredStore, observed: ObservedStore | null): StoreTrouble | null {
  if (observed === null) {
    return { code: 'unseen', message: `store ${desired.name} was not looked at` };
  }
  const { state } = observed;
  switch (state.kind) {
    case 'unseen':
      return { code: 'unseen', message: state.failure.message };
    case 'blank':
      return state.knownId === null
        ? null
        : {
            code: 'lost',
            message: `${desired.path} is empty, but the store ${state.knownId} was here`,
          };
    case 'ready':
      if (state.knownId !== null && state.knownId !== state.id) {
        return {
          code: 'replaced',
          message: `${desired.path} holds the store ${state.id}, but ${state.knownId} was here`,
        };
      }
      return state.writable
        ? null
        : { code: 'read-only', message: `${desired.path} cannot be written` };
    default:
      return unreachable(state);
  }
}

// The planner throws no dice: the id comes from what makes this store itself.
function newStoreId(desired: DesiredStore, { host, observedAt }: ObservedState) {
  return storeId(digestOf(['store', host.name, desired.path, observedAt]).slice(0, 32));
}

/** One directory a domain: of several, the one with the newest point. */
function byDomain(directories: readonly ObservedDirectory[]) {
  const chosen = new Map<DomainUuid, ObservedDirectory>();
  const doubles: ObservedDirectory[] = [];
  for (const directory of directories) {
    const other = chosen.get(directory.uuid);
    if (other === undefined) {
      chosen.set(directory.uuid, directory);
    } else if (isNewer(directory, other)) {
      chosen.set(directory.uuid, directory);
      doubles.push(other);
    } else {
      doubles.push(directory);
    }
  }
  return {
    directories: chosen,
    doubles: doubles.toSorted((a, b) => byText(a.directory, b.directory)),
  };
}

function isNewer(a: ObservedDirectory, b: ObservedDirectory): boolean {
  const byPoint = byText(newestPoint(a), newestPoint(b));
  return byPoint === 0 ? byText(a.directory, b.directory) < 0 : byPoint > 0;
}

/** Of all its points, and not its last: a clock that is behind dates that one before the others (G154). */
function newestPoint({ chains }: ObservedDirectory): string {
  return chains
    .flatMap(({ points }) => points.map(({ id }) => id))
    .reduce<string>((newest, id) => (id > newest ? id : newest), '');
}

function takenNames(
  ready: Extract<ObservedStore['state'], { kind: 'ready' }> | null,
): ReadonlyMap<string, DomainUuid | null> {
  const taken = new Map<string, DomainUuid | null>();
  if (ready === null) return taken;
  for (const path of [...ready.foreign, ...ready.unreadable.map((entry) => entry.path)]) {
    const name = directoryOfPath(path);
    if (name !== null) taken.set(name, null);
  }
  for (const { directory, uuid } of ready.directories) taken.set(directory, uuid);
  return taken;
}

/** The domain's directory that a path below the store lies in; null for anything else. */
export function directoryOfPath(path: string): string | null {
  return /^\/?domains\/([^/]+)(?:\/|$)/.exec(path)?.[1] ?? null;
}
