import { millisecondsOf, type Instant } from '../model/instant.ts';
import type { Failure } from '../model/result.ts';

// A host whose backups take as long as their schedule's interval would copy nothing
// at all; in a quarter of an hour even a slow link gets somewhere, for copies are resumed.
const leastMilliseconds = 15 * 60 * 1000;

// What `setTimeout` takes: 24 days. A run that copies for so long begins anew.
const mostMilliseconds = 2 ** 31 - 1;

/** The end of the copies of a run. */
export interface CopyDeadline {
  /** Aborted with a `Failure` when the time is over, which counts from the first call. */
  readonly signal: () => AbortSignal;
  readonly stop: () => void;
}

/**
 * Ends copies when the next point of any domain is due: a run holds the lock
 * against other runs, and a first copy over a slow link takes days (I9). What was
 * begun is gone on with by the next run.
 */
export function copyDeadline(nextDueAt: Instant | null, clock: () => Instant): CopyDeadline {
  const end = new AbortController();
  let timer: NodeJS.Timeout | null = null;
  return {
    signal() {
      if (timer === null && nextDueAt !== null) {
        const left = millisecondsOf(nextDueAt) - millisecondsOf(clock());
        const late: Failure = {
          code: 'copy-later',
          message: 'The next point is due; the next run goes on with this copy where it stopped.',
        };
        const wait = Math.min(Math.max(left, leastMilliseconds), mostMilliseconds);
        timer = setTimeout(() => end.abort(late), wait);
      }
      return end.signal;
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
