import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Failure } from '../../model/result.ts';

/** What a watcher of scratch files needs to know. */
export interface ScratchLimits {
  readonly files: readonly string[];
  /** All files together; null for no limit but the file system's. */
  readonly limitBytes: number | null;
  /** Free space that the file system must keep. */
  readonly reserveBytes: number;
}

// Often enough to measure the growth of a fast guest; a look costs 0.1 ms.
const everyMilliseconds = 200;

// Aborting a job took libvirt up to half a second on a busy host; writes go on
// until then, at the pace that was measured, and pace changes.
const seconds = 3;

/** Free bytes of the file system that a file is, or will be, on; null if it cannot be asked. */
export async function freeBytesAt(file: string): Promise<number | null> {
  const facts = await statfs(dirname(file)).catch(() => null);
  return facts === null ? null : facts.bavail * facts.bsize;
}

/** Bytes that files take up on disk; a file that is not there takes none. */
async function usedBytes(files: readonly string[]): Promise<number> {
  let used = 0;
  for (const file of files) {
    const facts = await stat(file).catch(() => null);
    used += (facts?.blocks ?? 0) * 512;
  }
  return used;
}

/**
 * Watches scratch files until stopped, and says once that they will soon be
 * full: while there is still room for what the guest writes in the next
 * seconds, because a write that finds no room in the scratch fails in the
 * guest (seen).
 */
export function watchScratch(
  limits: ScratchLimits,
  onFull: (failure: Failure) => void,
): () => void {
  let stopped = false;
  let last = { at: performance.now(), used: 0 };
  let pace = 0;
  const look = async (): Promise<void> => {
    const used = await usedBytes(limits.files);
    const now = performance.now();
    const grown = (Math.max(0, used - last.used) / Math.max(1, now - last.at)) * 1000;
    // The fastest pace so far, forgotten slowly: writes come in bursts.
    pace = Math.max(grown, pace * 0.95);
    last = { at: now, used };
    const [file = ''] = limits.files;
    const free = await freeBytesAt(file);
    if (stopped) return;
    const soon = pace * seconds;
    if (limits.limitBytes !== null && used + pace > limits.limitBytes) {
      return stopWith(
        `The scratch files below ${dirname(file)} reached their limit of ${limits.limitBytes} bytes; raise scratch.limit, or back up when the guest writes less.`,
      );
    }
    if (free !== null && free < Math.max(limits.reserveBytes, soon)) {
      return stopWith(
        `The file system of ${dirname(file)} has ${free} bytes left, too few for what the guest writes in the next seconds; make room, move scratch.path, or back up when the guest writes less.`,
      );
    }
    setTimeout(() => void look(), everyMilliseconds).unref();
  };
  const stopWith = (message: string): void => {
    stopped = true;
    onFull({ code: 'scratch-full', message });
  };
  if (limits.files.length > 0) void look();
  return () => {
    stopped = true;
  };
}
