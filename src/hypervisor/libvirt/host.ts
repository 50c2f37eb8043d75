import type { Failure, Result } from '../../model/result.ts';
import type { VirshPool } from './virsh-pool.ts';
import type { VirshSession } from './virsh.ts';

/** The libvirt that is talked to, and what was chosen for it. */
export interface LibvirtHost {
  readonly uri: string;
  /** Private directory for XML files of commands; never holds data. */
  readonly runDir: string;
  /** Free space that the file system of the scratch files must keep. */
  readonly scratchReserveBytes: number;
  /** How long virsh may say nothing. */
  readonly stallSeconds: number;
  readonly pool: VirshPool;
  /** The wall clock: milliseconds since 1970. */
  readonly now: () => number;
}

/** Does something with a virsh that nobody else uses meanwhile. */
export async function withVirsh<T>(
  { pool, stallSeconds }: LibvirtHost,
  work: (virsh: VirshSession) => Promise<T>,
): Promise<T> {
  const virsh = pool.take(stallSeconds);
  try {
    return await work(virsh);
  } finally {
    pool.give(virsh);
  }
}

/** Asks again and again until the answer is not null, or the time is over. */
export async function until<T>(
  seconds: number,
  ask: () => Promise<T | null>,
): Promise<Result<T, Failure>> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return { ok: true, value: answer };
    if (performance.now() >= end) {
      return {
        ok: false,
        error: { code: 'timed-out', message: `nothing changed within ${seconds} s` },
      };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
