import type { Mirror, MirrorPlace } from '../mirror/mirror.ts';
import { onMirror } from '../model/address.ts';
import type { MirrorAccess } from '../model/desired.ts';
import type { StoreId } from '../model/identity.ts';
import type { ObservedMirrorContent } from '../model/observed-mirror.ts';
import type { ObservedStore } from '../model/observed-store.ts';
import { fail, ok, type Result, type Seen } from '../model/result.ts';
import { knownStore } from '../store/known-stores.ts';
import type { Refusal } from './context.ts';
import { resolveAddress, type Place } from './resolve-address.ts';
import type { Session } from './session.ts';

/** The copies of this host's stores at one mirror. */
export interface MirrorCopies {
  readonly access: MirrorAccess;
  readonly place: MirrorPlace;
  /** Each store's copies as a store, which they are but for the marker; named like the store. */
  readonly stores: readonly ObservedStore[];
  readonly contents: readonly Seen<ObservedMirrorContent>[];
  open(id: StoreId): Mirror;
}

/** Whose copies are looked for. */
export interface WhoseCopies {
  /** The beginning of a store's id; null: of those that this host knows. */
  readonly idPrefix: string | null;
  /** Of this store of the policy alone; null: of all. */
  readonly store: string | null;
}

/** Looks at a mirror, for the stores that the policy names or for the one whose id was given. */
export async function lookAtMirror(
  session: Session,
  access: MirrorAccess,
  signal: AbortSignal,
  whose: WhoseCopies = { idPrefix: null, store: null },
): Promise<Result<MirrorCopies, Refusal>> {
  const place = session.openMirrorPlace(access);
  if (!place.ok) return fail({ exit: 1, ...place.error });
  const ids = await storesAt(session, access, place.value, whose, signal);
  if (!ids.ok) return ids;
  const contents: Seen<ObservedMirrorContent>[] = [];
  for (const { id } of ids.value) contents.push(await place.value.of(id).observe({ signal }));
  return ok({
    access,
    place: place.value,
    contents,
    stores: ids.value.flatMap(({ name }, index) => {
      const content = contents[index];
      return content === undefined ? [] : [asStore(name, access.target, content)];
    }),
    open: (id) => place.value.of(id),
  });
}

interface NamedStore {
  readonly name: string;
  readonly id: StoreId;
}

/** Which stores' copies are meant: those of the policy; where none of them is known, the only one that is there. */
async function storesAt(
  session: Session,
  { name }: MirrorAccess,
  place: MirrorPlace,
  { idPrefix, store }: WhoseCopies,
  signal: AbortSignal,
): Promise<Result<readonly NamedStore[], Refusal>> {
  const known = idPrefix === null ? await knownStores(session) : [];
  const wanted = known.filter((each) => store === null || each.name === store);
  if (wanted.length > 0) return ok(wanted);
  const there = await place.stores({ signal });
  if (!there.seen) return fail({ exit: 9, ...there.failure });
  // What is known to be another store's is not what was lost.
  const found = there.value.filter(
    (id) => id.startsWith(idPrefix ?? '') && !known.some((each) => each.id === id),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return ok([{ name: only.slice(0, 8), id: only }]);
  const listed = there.value.join(', ');
  if (found.length > 1) {
    const message = `mirror ${name} holds copies of several stores: ${found.join(', ')}; --store-id says which`;
    return fail({ exit: 1, code: 'several-stores', message });
  }
  const message =
    idPrefix !== null && there.value.length > 0
      ? `mirror ${name} holds no copies of a store whose id begins with ${idPrefix}; it has ${listed}`
      : store !== null && there.value.length > 0
        ? `mirror ${name} holds no copies that could be of store ${store}; it has ${listed}`
        : `mirror ${name} (${place.target}) holds no copies of any store`;
  return fail({ exit: 1, code: 'no-copies', message });
}

/** The policy's stores whose id is known: they are there, or this host remembers them. */
export async function knownStores(session: Session): Promise<readonly NamedStore[]> {
  const found: NamedStore[] = [];
  for (const { name, path, state } of await session.lookAtStores()) {
    if (state.kind === 'ready') found.push({ name, id: state.id });
    else {
      const known = await knownStore(session.host.stateDir, path);
      if (known.ok && known.value !== null) found.push({ name, id: known.value });
    }
  }
  return found;
}

/** Copies as a store, for whatever lists or chooses points. */
export function asStore(
  name: string,
  target: string,
  content: Seen<ObservedMirrorContent>,
): ObservedStore {
  if (!content.seen) {
    return { name, path: target, state: { kind: 'unseen', failure: content.failure } };
  }
  const { store, directories, freeBytes, unreadable } = content.value;
  return {
    name,
    path: target,
    state: {
      kind: 'ready',
      id: store,
      freeBytes: freeBytes ?? 0,
      totalBytes: 0,
      mount: { device: 0, source: target },
      writable: true,
      directories: directories.map(({ directory, uuid, name: domain, chains }) => ({
        directory,
        uuid,
        name: domain,
        chains,
        tip: null,
        incoming: [],
        lastLook: null,
      })),
      unreadable,
      foreign: [],
      trash: [],
      memory: null,
      knownId: null,
    },
  };
}

/** What an address means at a mirror; the addresses of what is found begin with the mirror. */
export function resolveCopies(
  { access, stores }: MirrorCopies,
  text: string,
): Result<readonly Place[], Refusal> {
  const prefix = `${access.name}:`;
  const plain = text.startsWith(prefix) ? text.slice(prefix.length) : text;
  const found = resolveAddress(stores, plain, `mirror ${access.name} holds no`);
  if (!found.ok) return found;
  return ok(found.value.map((each) => ({ ...each, address: onMirror(access.name, each.address) })));
}
