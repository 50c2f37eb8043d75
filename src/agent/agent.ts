import { instantOf, millisecondsOf, type Instant } from '../model/instant.ts';
import type { Alarm, Wake } from './alarm.ts';

/** What one round tells the loop. */
export interface RoundEnd {
  /** The next instant at which a look is worth it; null: only the interval knows. */
  readonly wakeAt: Instant | null;
  /** Something is to be looked at at once. */
  readonly isWorkLeft: boolean;
  /** Look again sooner than the interval: another run has the lock. */
  readonly retrySeconds: number | null;
}

/** What the loop needs of the world. */
export interface LoopParts {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 0 to 1, for the jitter of the interval. */
  readonly random: () => number;
  readonly intervalSeconds: () => number;
  /** One round. Rejects only for our own mistakes. */
  readonly round: (wakes: readonly Wake[]) => Promise<RoundEnd>;
  /** Told how long the loop will sleep at most. */
  readonly waits: (nextAt: Instant, why: Wake['why']) => void;
}

// A tenth: the hosts of a fleet that started together do not look at a common mirror together.
const jitterShare = 0.1;

// `setTimeout` may fire a millisecond early; a look before the slot would find nothing due.
const afterMilliseconds = 20;

/** Looks and does, again and again, until it is stopped: at once, and then at every wake-up. */
export async function runLoop(parts: LoopParts, alarm: Alarm, stop: AbortSignal): Promise<void> {
  alarm.ring({ why: 'start', detail: null });
  while (!stop.aborted) {
    const end = await parts.round(alarm.take());
    if (stop.aborted) return;
    if (end.isWorkLeft) alarm.ring({ why: 'work-left', detail: null });
    const { nextAt, wake } = sleepUntil(parts, end);
    parts.waits(instantOf(nextAt), wake.why);
    await alarm.wait(Math.max(nextAt - parts.now(), 0), wake, stop);
  }
}

function sleepUntil(
  { now, random, intervalSeconds }: LoopParts,
  { wakeAt, retrySeconds }: RoundEnd,
): { readonly nextAt: number; readonly wake: Wake } {
  const share = 1 - jitterShare + 2 * jitterShare * random();
  const interval = now() + intervalSeconds() * 1000 * share;
  const due = wakeAt === null ? Infinity : millisecondsOf(wakeAt) + afterMilliseconds;
  const retry = retrySeconds === null ? Infinity : now() + retrySeconds * 1000;
  if (retry < interval) return { nextAt: retry, wake: { why: 'locked', detail: null } };
  if (due < interval) return { nextAt: due, wake: { why: 'due', detail: null } };
  return { nextAt: interval, wake: { why: 'interval', detail: null } };
}
