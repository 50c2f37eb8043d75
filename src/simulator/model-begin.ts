import type { PointRequest } from '../hypervisor/hypervisor.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { ModelDomain, ModelJob } from './model-domain.ts';
import type { ModelHost, ModelProcess } from './model-host.ts';
import { contentOf } from './qemu.ts';

/** Steps of a begin, in libvirt's order: a story may cut it off after each. */
export const beginSteps = ['frozen', 'begun', 'thawed'] as const;

/**
 * Freezes, begins the job with its checkpoint, thaws: one instant for all
 * disks. `until` cuts it off; what was done by then stays done.
 */
export function beginJob(
  host: ModelHost,
  process: ModelProcess,
  domain: ModelDomain,
  request: PointRequest,
  until: (typeof beginSteps)[number],
): Result<ModelJob, Failure> {
  const refused = refusal(domain, request);
  if (refused !== null) return fail(refused);
  process.guarded.add(domain.uuid);
  if (mayFreeze(domain, request)) domain.frozen = true;
  if (until === 'frozen') return fail({ code: 'begin-lost', message: 'cut off while frozen' });
  const content = contentOf(domain);
  const job: ModelJob = {
    socket: request.socket,
    point: request.point,
    view: new Map(request.disks.map(({ target }) => [target, content.get(target) ?? []])),
    dirty: new Map(
      request.disks.map(({ target, base }) => [
        target,
        base === null ? null : dirtyOf(domain, target, base),
      ]),
    ),
    lost: new AbortController(),
  };
  if (request.checkpoint !== null) addCheckpoint(domain, request.checkpoint, request);
  domain.job = job;
  host.truths.set(`${domain.uuid}/${request.point}`, {
    uuid: domain.uuid,
    at: host.now,
    disks: new Map(job.view),
  });
  if (until === 'begun') return fail({ code: 'begin-lost', message: 'cut off before the thaw' });
  domain.frozen = false;
  return ok(job);
}

/** Whether the guest is asked to freeze. */
export function mayFreeze(domain: ModelDomain, { quiesce }: PointRequest): boolean {
  return quiesce !== 'never' && domain.agent === 'connected' && domain.state === 'running';
}

function refusal(domain: ModelDomain, request: PointRequest): Failure | null {
  if (domain.state === 'off') return { code: 'not-running', message: `${domain.name} is off` };
  if (domain.job !== null || domain.foreignJob) {
    return { code: 'busy', message: `${domain.name} has another job` };
  }
  if (request.quiesce === 'required' && !domain.neverRan && !mayFreeze(domain, request)) {
    return { code: 'quiesce-failed', message: `${domain.name} cannot be frozen` };
  }
  for (const { target, base } of request.disks) {
    const live = domain.disks.find((disk) => disk.target === target)?.live ?? null;
    if (live === null) return { code: 'no-disk', message: `${domain.name} has no ${target}` };
    const isListed = domain.checkpoints.some(({ name }) => name === base);
    if (base !== null && (!isListed || (live.get(base) ?? null) === null)) {
      return { code: 'tracker-lost', message: `missing or broken bitmap ${base} of ${target}` };
    }
    if (request.checkpoint !== null && live.has(request.checkpoint)) {
      return { code: 'bitmap-exists', message: `Bitmap already exists: ${request.checkpoint}` };
    }
  }
  return null;
}

function dirtyOf(domain: ModelDomain, target: string, base: string): ReadonlySet<number> {
  return new Set(domain.disks.find((disk) => disk.target === target)?.live?.get(base) ?? []);
}

function addCheckpoint(domain: ModelDomain, name: string, { disks }: PointRequest): void {
  const tracked = disks.filter((disk) => disk.tracked).map(({ target }) => target);
  for (const disk of domain.disks)
    if (tracked.includes(disk.target)) disk.live?.set(name, new Set());
  const parent = domain.checkpoints.at(-1)?.name ?? null;
  domain.checkpoints.push({ name, parent, targets: tracked });
}

/** Takes a checkpoint away, and its bitmaps: QEMU's, and of a domain that is off those in the images. */
export function removeCheckpoint(
  domain: ModelDomain,
  name: string,
  images: readonly string[],
): void {
  domain.checkpoints = domain.checkpoints.filter((one) => one.name !== name);
  for (const { live, image } of domain.disks) {
    live?.delete(name);
    if (live === null && images.includes(image.path)) {
      image.bitmaps.delete(name);
      image.changes += 1;
    }
  }
}
