import { describe, expect, it } from 'vitest';
import { lookAtMirror, type WhoseCopies } from '../../src/cli/mirror-copies.ts';
import type { Session } from '../../src/cli/session.ts';
import type { MirrorPlace } from '../../src/mirror/mirror.ts';
import type { MirrorAccess } from '../../src/model/desired.ts';
import { storeId, type StoreId } from '../../src/model/identity.ts';
import type { ObservedMirrorContent } from '../../src/model/observed-mirror.ts';
import type { ObservedStore } from '../../src/model/observed-store.ts';
import { ok, seen, unseen } from '../../src/model/result.ts';

const [main, large, other] = ['a', 'b', 'c'].map((digit) => storeId(digit.repeat(32)));
if (main === undefined || large === undefined || other === undefined) throw new Error('no ids');
const access = { name: 'nas', target: 'nas:/vol' } as MirrorAccess;

const contentOf = (store: StoreId): ObservedMirrorContent => ({
  store,
  kind: 'ready',
  directories: [],
  freeBytes: null,
  unreadable: [],
  foreign: 0,
});

/** A host that knows these stores, and a mirror at which those are. */
function look(
  known: Readonly<Record<string, StoreId | null>>,
  there: readonly StoreId[] | null,
  whose?: WhoseCopies,
) {
  const place = {
    name: 'nas',
    target: 'nas:/vol',
    stores: async () => (there === null ? unseen('mirror-unreachable', 'away') : seen(there)),
    of: (store: StoreId) => ({ observe: async () => seen(contentOf(store)) }),
  } as unknown as MirrorPlace;
  const stores = Object.entries(known).map(([name, id]) => ({
    name,
    path: `/${name}`,
    state:
      id === null
        ? { kind: 'blank', knownId: null }
        : { kind: 'ready', id, directories: [], unreadable: [] },
  })) as unknown as readonly ObservedStore[];
  const session = {
    host: { stateDir: '/none' },
    openMirrorPlace: () => ok(place),
    lookAtStores: async () => stores,
  } as unknown as Session;
  return lookAtMirror(session, access, new AbortController().signal, whose);
}

const ids = async (looked: ReturnType<typeof look>): Promise<readonly string[]> => {
  const copies = await looked;
  if (!copies.ok) throw new Error(copies.error.message);
  return copies.value.stores.map(({ name, state }) =>
    state.kind === 'ready' ? `${name} ${state.id}` : name,
  );
};

describe('whose copies are meant', () => {
  it('those of the stores that this host knows', async () => {
    expect(await ids(look({ main, large, blank: null }, null))).toEqual([
      `main ${main}`,
      `large ${large}`,
    ]);
    const whose = { idPrefix: null, store: 'large' };
    expect(await ids(look({ main, large }, null, whose))).toEqual([`large ${large}`]);
  });

  it('else the only one that is there, and never one that is known to be another', async () => {
    expect(await ids(look({ main: null }, [other]))).toEqual([`cccccccc ${other}`]);
    const whose = { idPrefix: null, store: 'main' };
    expect(await ids(look({ main: null, large }, [large, other], whose))).toEqual([
      `cccccccc ${other}`,
    ]);
    expect(await look({ main: null, large }, [large], whose)).toMatchObject({
      error: {
        exit: 1,
        message: `mirror nas holds no copies that could be of store main; it has ${large}`,
      },
    });
  });

  it('the one whose id is given', async () => {
    const whose = { idPrefix: 'cc', store: null };
    expect(await ids(look({ main }, [main, other], whose))).toEqual([`cccccccc ${other}`]);
    expect(await look({ main }, [main, large], whose)).toMatchObject({
      error: {
        exit: 1,
        message: `mirror nas holds no copies of a store whose id begins with cc; it has ${main}, ${large}`,
      },
    });
  });

  it('or it is asked for', async () => {
    expect(await look({}, [main, other])).toMatchObject({
      error: {
        exit: 1,
        message: `mirror nas holds copies of several stores: ${main}, ${other}; --store-id says which`,
      },
    });
    expect(await look({}, [])).toMatchObject({
      error: { exit: 1, message: 'mirror nas (nas:/vol) holds no copies of any store' },
    });
    expect(await look({}, null)).toMatchObject({ error: { exit: 9, message: 'away' } });
  });
});
