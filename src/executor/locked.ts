import type { DomainRef, StoreRef } from '../model/action-base.ts';
import type { Failure, Result } from '../model/result.ts';
import type { Lock, Locked, Store } from '../store/store.ts';
import { withLock } from '../store/with-lock.ts';
import { failed, type NotDone, waiting } from './not-done.ts';
import type { Tools } from './tools.ts';

// Whoever has a domain's lock keeps it for a whole backup or restore: seconds
// bridge the end of one, more would only hold up the other domains.
const domainWaitSeconds = 5;

// The store's lock is held for a rename or a publish, whose fsyncs may take
// long on a busy disk.
const storeWaitSeconds = 120;

/** Runs a whole action under the domain's lock of a store; `waiting` if somebody else has it. */
export async function underDomainLock<T>(
  place: { readonly store: StoreRef; readonly domain: DomainRef },
  tools: Tools,
  work: (store: Store) => Promise<Result<T, NotDone>>,
): Promise<Result<T, NotDone>> {
  const store = tools.store(place.store);
  if (!store.ok) return failed(store.error);
  const lock = await store.value.lockDomain(place.domain.uuid, domainWaitSeconds);
  if (!lock.ok) return notDone(lock.error);
  return releasing(lock.value, () => work(store.value));
}

/** Makes one short change under the store's lock. */
export async function underStoreLock<T>(
  store: Store,
  change: () => Result<T, Failure>,
): Promise<Result<T, NotDone>> {
  const changed = await withLock(store, storeWaitSeconds, change);
  return changed.ok ? changed : notDone(changed.error);
}

async function releasing<T>(lock: Lock, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    lock.release();
  }
}

function notDone(error: Locked | Failure) {
  return error.code === 'locked' ? waiting('locked', error.message) : failed(error);
}
