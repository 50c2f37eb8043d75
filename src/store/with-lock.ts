import type { Failure, Result } from '../model/result.ts';
import type { Locked, Store } from './store.ts';

/**
 * Makes one short change under the store's lock: takes it, changes, releases
 * it. The change is synchronous, so nothing that takes long can hold the lock.
 */
export async function withLock<T>(
  store: Pick<Store, 'lock'>,
  waitSeconds: number,
  change: () => Result<T, Failure>,
): Promise<Result<T, Locked | Failure>> {
  const lock = await store.lock(waitSeconds);
  if (!lock.ok) return lock;
  try {
    return change();
  } finally {
    lock.value.release();
  }
}
