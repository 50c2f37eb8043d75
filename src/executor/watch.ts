import type { Failure } from '../model/result.ts';
import type { HostFiles } from './host-files.ts';

// A disk that is written at 1 GiB/s moves by that much between two looks;
// statfs costs microseconds, but each look wakes the loop that copies.
const spaceLookMilliseconds = 1000;

/** What ends the reading of an open point before its time. */
export interface Watched {
  /** The run's own: an operator's SIGINT or SIGTERM. */
  readonly interrupt: AbortSignal;
  /** The hypervisor's: the job died, the scratch filled. */
  readonly lost: AbortSignal;
  readonly jobSeconds: number;
  readonly stallSeconds: number;
  /** The store, and the space that no backup may eat. */
  readonly space: { readonly path: string; readonly reserveBytes: number };
  readonly files: Pick<HostFiles, 'freeBytes'>;
}

/** A signal over all that can end a copy; its reason is a `Failure`, but for an interrupt. */
export interface Watch {
  readonly signal: AbortSignal;
  /** Bytes came: the time without progress begins anew. */
  progressed(): void;
  stop(): void;
}

/** Starts watching. */
export function startWatch(watched: Watched): Watch {
  const own = new AbortController();
  const end = (code: string, message: string): void => {
    const failure: Failure = { code, message };
    own.abort(failure);
  };
  const { jobSeconds, stallSeconds, space, files } = watched;
  const deadline = setTimeout(
    () => end('job-timeout', `The job was not done within ${jobSeconds} s.`),
    jobSeconds * 1000,
  );
  const stall = setTimeout(
    () => end('stalled', `No byte was read for ${stallSeconds} s.`),
    stallSeconds * 1000,
  );
  const lookAtSpace = async (): Promise<void> => {
    const shortage = await spaceShortage(space, files);
    if (shortage !== null) own.abort(shortage);
  };
  const look = setInterval(() => void lookAtSpace(), spaceLookMilliseconds);
  return {
    signal: AbortSignal.any([watched.interrupt, watched.lost, own.signal]),
    progressed: () => void stall.refresh(),
    stop: () => {
      clearTimeout(deadline);
      clearTimeout(stall);
      clearInterval(look);
    },
  };
}

/**
 * That less than the reserve is free, as a failure; null while there is room,
 * and where it cannot be told: then the writing will. Never waits on the main
 * thread: a store that hangs must not stop the watch over the scratch files (I14).
 */
export async function spaceShortage(
  space: Watched['space'],
  files: Watched['files'],
): Promise<Failure | null> {
  const freeBytes = await files.freeBytes(space.path).catch(() => null);
  if (freeBytes === null || freeBytes >= space.reserveBytes) return null;
  const message = `${space.path} has ${freeBytes} bytes free, and its reserve is ${space.reserveBytes}; no backup is written into the reserve.`;
  return { code: 'store-full', message };
}
