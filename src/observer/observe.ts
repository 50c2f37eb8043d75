import { readFile, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { Hypervisor, KnownJob } from '../hypervisor/hypervisor.ts';
import type { ObservedDrills } from '../model/drill.ts';
import { instantOf } from '../model/instant.ts';
import { jobsOfRuns } from '../model/leftover.ts';
import type { ObservedRun, ObservedState } from '../model/observed.ts';
import { seen, unseen, type Seen } from '../model/result.ts';
import type { ObserveStore, StoreQuery } from '../store/store.ts';
import { observeMirrors, type MirrorQuery } from './observe-mirrors.ts';

/** What is looked at, and through which drivers. */
export interface ObserveRequest {
  /** `holdfast 0.1.0`. */
  readonly tool: string;
  /** In the order of the policy. */
  readonly stores: readonly StoreQuery[];
  /** Those that rules use, in the order of the policy. */
  readonly mirrors: readonly MirrorQuery[];
  readonly scratch: { readonly path: string; readonly limitBytes: number | null };
  readonly hypervisor: Pick<Hypervisor, 'observe' | 'drills'>;
  /** What the host file allows drills; left out: nothing is said of them. */
  readonly drills?: Omit<ObservedDrills, 'availableMemoryBytes'>;
  readonly observeStore: ObserveStore;
  /** Runs that never ended and whose process is gone. */
  readonly deadRuns: () => Promise<Seen<readonly ObservedRun[]>>;
  /** Backup jobs that journals have open, of runs at work too; left out: those of dead runs alone are known. */
  readonly openJobs?: () => readonly KnownJob[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Seconds since boot; left out: the kernel's own clock. */
  readonly bootClockSeconds?: () => number;
  /** The host and the room for scratch files; left out: those of this machine. */
  readonly host?: () => Promise<ObservedState['host']>;
  readonly freeBytes?: (path: string) => Promise<number>;
}

/**
 * Looks at everything, all parts at once; each part is seen, or unseen with its
 * failure. Changes nothing. The instant is the one before the first look: what
 * happens while looking belongs to the next observation.
 */
export async function observe(request: ObserveRequest): Promise<ObservedState> {
  const observedAt = instantOf(request.now());
  const host = await (request.host ?? (() => observeHost(request.bootClockSeconds)))();
  // The journals first: they tell which of libvirt's jobs are ours. Those of runs at work before
  // those of dead ones: one that dies in between is among both, and not among neither.
  const openJobs = request.openJobs?.() ?? [];
  const runs = await request.deadRuns();
  const all = observeHypervisor(request, [
    ...openJobs,
    ...(runs.seen ? jobsOfRuns(runs.value) : []),
  ]);
  const looks = request.stores.map(async (query) => request.observeStore(query));
  const [hypervisor, scratch, stores, mirrors, drills] = await Promise.all([
    all,
    observeScratch(request),
    Promise.all(looks),
    observeMirrors(request.mirrors, looks),
    observeDrills(request),
  ]);
  return {
    formatVersion: 1,
    observedAt,
    tool: request.tool,
    host,
    hypervisor,
    stores,
    scratch,
    runs,
    mirrors,
    ...drills,
  };
}

/**
 * Looks at the hypervisor. A backup job may have begun after its journal was read; its intent was
 * on disk before it. So a job of nobody on a domain for which a journal now has one open is looked
 * at again, once, with that one known.
 */
async function observeHypervisor(
  { hypervisor, openJobs }: ObserveRequest,
  jobs: readonly KnownJob[],
): Promise<ObservedState['hypervisor']> {
  const all = await hypervisor.observe(jobs);
  if (!all.seen || openJobs === undefined) return all;
  const nobodys = new Set(
    all.value.domains
      .filter(({ job }) => job !== null && job.run === null && job.operation === 'backup')
      .map(({ uuid }) => uuid),
  );
  if (nobodys.size === 0) return all;
  const now = openJobs();
  if (!now.some(({ uuid }) => nobodys.has(uuid))) return all;
  return hypervisor.observe([...now, ...jobs]);
}

/** What drills may use; nothing where the hypervisor cannot boot points. */
async function observeDrills({
  drills,
  hypervisor,
}: ObserveRequest): Promise<Pick<ObservedState, 'drills'>> {
  if (drills === undefined || hypervisor.drills === undefined) return {};
  const availableMemoryBytes = await hypervisor.drills.availableMemoryBytes();
  return { drills: { ...drills, availableMemoryBytes } };
}

/** Which host, and which boot of it (proc(5)): `boot_id` changes at each boot, `uptime` is set by nobody. */
export async function observeHost(bootClockSeconds?: () => number): Promise<ObservedState['host']> {
  const [bootId, uptime] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    readFile('/proc/uptime', 'utf8'),
  ]);
  return {
    name: hostname(),
    bootId: bootId.trim(),
    bootClockSeconds: bootClockSeconds?.() ?? Number(uptime.split(' ')[0]),
  };
}

/** Room for the old content of blocks that guests overwrite during a backup. */
async function observeScratch({
  scratch,
  freeBytes = nearestFreeBytes,
}: ObserveRequest): Promise<ObservedState['scratch']> {
  const { path, limitBytes } = scratch;
  try {
    return seen({ path, freeBytes: await freeBytes(path), limitBytes });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return unseen('scratch-unseen', `${path} could not be looked at: ${why}`);
  }
}

/** The file system of a directory, or of where it would be made: apply makes it. */
async function nearestFreeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(path);
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing || parent === path) throw error;
    return nearestFreeBytes(parent);
  }
}
