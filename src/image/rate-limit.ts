import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes a second for all copies that share it. */
export interface RateLimit {
  /** Waits until that many bytes may pass; rejects when the signal is aborted. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

// How far a copy may run ahead: enough to keep several requests of 1 MiB under way.
const burstSeconds = 0.25;

/**
 * A token bucket: each taker is told when its bytes are due and sleeps till
 * then, so that takers are served in order and none is starved.
 */
export function createRateLimit(bytesPerSecond: number): RateLimit {
  let dueAt = 0;
  return {
    async take(bytes, signal) {
      const now = performance.now();
      dueAt = Math.max(dueAt, now - burstSeconds * 1000) + (bytes / bytesPerSecond) * 1000;
      if (dueAt > now) await sleep(dueAt - now, undefined, { signal });
    },
  };
}

/** Both limits at once: the slower one tells; null where neither is. */
export function joinRateLimits(limits: readonly (RateLimit | null)[]): RateLimit | null {
  const set = limits.filter((limit) => limit !== null);
  const [only, ...more] = set;
  if (only === undefined || more.length === 0) return only ?? null;
  return {
    async take(bytes, signal) {
      await Promise.all(set.map((limit) => limit.take(bytes, signal)));
    },
  };
}
