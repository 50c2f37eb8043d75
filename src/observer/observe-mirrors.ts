import type { Mirror } from '../mirror/mirror.ts';
import type { StoreId } from '../model/identity.ts';
import type { ObservedMirrorContent } from '../model/observed-mirror.ts';
import type { ObservedStore } from '../model/observed-store.ts';
import type { ObservedMirror } from '../model/observed.ts';
import { unseen, type Failure, type Result, type Seen } from '../model/result.ts';

/** A mirror that is looked at. */
export interface MirrorQuery {
  readonly name: string;
  /** Names of the stores whose copies are looked for there. */
  readonly stores: readonly string[];
  readonly open: (store: StoreId) => Result<Pick<Mirror, 'observe'>, Failure>;
}

// A first look at 10,000 points of an S3 bucket reads as many small objects, which
// takes minutes; whoever is silent for longer must not hold up the backups of this host (I9).
const lookSeconds = 300;

/**
 * Looks at the mirrors, all at once; at each for one store after the other, as soon as the store's id
 * is known. A mirror that is away, or hangs, is unseen, and nobody waits for it longer than `seconds`.
 */
export async function observeMirrors(
  queries: readonly MirrorQuery[],
  stores: readonly Promise<ObservedStore>[],
  seconds: number = lookSeconds,
): Promise<readonly ObservedMirror[]> {
  if (queries.length === 0) return [];
  const all = Promise.all(stores);
  return Promise.all(
    queries.map(async (query) => {
      const found: { store: string; state: Seen<ObservedMirrorContent> }[] = [];
      for (const { name, state } of await all) {
        // Of a store that is lost, the copies are what is left: its path is empty, and its id remembered.
        const id =
          state.kind === 'ready' ? state.id : state.kind === 'blank' ? state.knownId : null;
        if (id === null || !query.stores.includes(name)) continue;
        found.push({ store: name, state: await lookAt(query, id, seconds) });
      }
      return { name: query.name, stores: found };
    }),
  );
}

async function lookAt(
  { name, open }: MirrorQuery,
  store: StoreId,
  seconds: number,
): Promise<Seen<ObservedMirrorContent>> {
  const mirror = open(store);
  if (!mirror.ok) return unseen(mirror.error.code, mirror.error.message);
  const late: Failure = {
    code: 'mirror-unreachable',
    message: `mirror ${name} did not answer within ${seconds} s`,
  };
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(late), seconds * 1000);
  try {
    return await mirror.value.observe({ signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}
