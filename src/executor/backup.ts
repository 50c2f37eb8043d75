import { join } from 'node:path';
import { failureOfAbort } from '../model/abort.ts';
import type { Backup } from '../model/backup-action.ts';
import type { ObservedDomain } from '../model/observed.ts';
import { ok, type Failure, type Result } from '../model/result.ts';
import type { IncomingPoint, Store } from '../store/store.ts';
import { checkBackup, placeOf } from './backup-check.ts';
import { copyDisks } from './backup-copy.ts';
import { readFiles, writeFiles } from './backup-files.ts';
import { type BackupJob, beginJob } from './backup-job.ts';
import { noteLastLook, whileUp } from './backup-power.ts';
import { underDomainLock, underStoreLock } from './locked.ts';
import { manifestOf, type TakenPoint } from './manifest.ts';
import { type Applied, during, failed, interrupted, type NotDone, waiting } from './not-done.ts';
import type { Performer } from './performer.ts';
import { suspectParents } from './suspect-points.ts';
import type { Tools } from './tools.ts';
import { startWatch, type Watch } from './watch.ts';

/** Takes one point of one domain: all its disks, at one instant, published in one step. */
export const backup: Performer<Backup> = {
  async check(action, tools) {
    const store = tools.store(action.store);
    if (!store.ok) return failed(store.error);
    const look = await checkBackup(action, tools, store.value);
    return look.ok ? ok(look.value === null ? 'already' : 'ready') : look;
  },

  apply: (action, tools) =>
    underDomainLock(action, tools, async (store) => {
      // Once more, now that nobody else can change what is looked at.
      const look = await checkBackup(action, tools, store);
      if (!look.ok) return look;
      if (look.value === null) return ok({ code: 'already' });
      const taken = await takePoint(action, look.value, store, tools);
      if (!taken.ok) return suspectParents(action, taken.error, store, tools);
      if (action.power === 'off') await noteLastLook(action, tools, store);
      return taken;
    }),
};

/** Writes into an `.incoming-` directory, which is either published or removed. */
async function takePoint(
  action: Backup,
  look: ObservedDomain,
  store: Store,
  tools: Tools,
): Promise<Result<Applied, NotDone>> {
  const noted = tools.log.step('incoming', pointPath(action), action.store);
  if (!noted.ok) return failed(noted.error);
  const incoming = store.beginPoint(placeOf(action), action.point, action.domain.uuid);
  if (!incoming.ok) return failed(incoming.error);
  let isPublished = false;
  try {
    return await whileUp(action, tools, async () => {
      const taken = await whileOpen(action, look, incoming.value, store, tools);
      isPublished = taken.ok;
      // While the domain is up, or a domain that was off would need its images changed.
      if (taken.ok) await releaseParents(action, tools);
      return taken;
    });
  } finally {
    const discarded = isPublished ? ok(undefined) : incoming.value.discard();
    if (!discarded.ok) tools.log.warn(discarded.error);
  }
}

/** Holds the point open until it is published; otherwise its tentative checkpoint is dropped. */
async function whileOpen(
  action: Backup,
  look: ObservedDomain,
  incoming: IncomingPoint,
  store: Store,
  tools: Tools,
): Promise<Result<Applied, NotDone>> {
  const job = await beginJob(action, look, tools);
  if (!job.ok) return notBegun(action, job.error, tools);
  const { timeouts, store: ref } = action;
  const watch = startWatch({
    interrupt: tools.signal,
    lost: job.value.point.lost,
    jobSeconds: timeouts.jobSeconds,
    stallSeconds: timeouts.stallSeconds,
    space: { path: ref.path, reserveBytes: tools.limits(ref).reserveBytes },
    files: tools.drivers.files,
  });
  let isPublished = false;
  try {
    const read = await readPoint(action, look, job.value, incoming, watch, tools);
    // The reading is over: what is left is short, and a deadline must not undo it.
    watch.stop();
    if (!read.ok) {
      if (tools.signal.aborted) return interrupted;
      // What ended the job is the cause; that a read then failed is its effect.
      const cause = watch.signal.aborted ? failureOfAbort(watch.signal, 'The job') : read.error;
      return failed(during(`Backup of ${action.domain.name}`, cause));
    }
    const published = await publish(action, read.value, incoming, store, tools);
    isPublished = published.ok;
    return published;
  } finally {
    watch.stop();
    await (isPublished ? job.value.complete() : job.value.abandon());
  }
}

function notBegun(action: Backup, failure: Failure, tools: Tools): Result<never, NotDone> {
  if (tools.signal.aborted) return interrupted;
  const told = during(`Backup of ${action.domain.name}`, failure);
  // Somebody else's job came between the last look and ours: not a failure, but not now.
  return failure.code === 'busy' ? waiting(told.code, told.message) : failed(told);
}

/** Reads everything, then hears the verdict on the job, then looks at the images. */
async function readPoint(
  action: Backup,
  look: ObservedDomain,
  { point }: BackupJob,
  incoming: IncomingPoint,
  watch: Watch,
  tools: Tools,
): Promise<Result<TakenPoint, Failure>> {
  // First the small files: they should be as the guest was at the instant of the point.
  const read = await readFiles(action, point, incoming, tools);
  if (!read.ok) return read;
  const disks = await copyDisks(action, point, incoming.path, watch, tools);
  if (!disks.ok) return disks;
  const ended = await point.end();
  if (!ended.ok) return ended;
  const files = await writeFiles(read.value, incoming, tools);
  if (!files.ok) return files;
  for (const { file } of disks.value) {
    const checked = await tools.drivers.images.check(join(incoming.path, file), watch.signal);
    if (!checked.ok) return checked;
    watch.progressed();
  }
  return ok({ look, open: point, disks: disks.value, files: files.value });
}

/** The one commit point: after it the point is there for ever. */
async function publish(
  action: Backup,
  taken: TakenPoint,
  incoming: IncomingPoint,
  store: Store,
  tools: Tools,
): Promise<Result<Applied, NotDone>> {
  const noted = tools.log.step('publish', pointPath(action), action.store);
  if (!noted.ok) return failed(noted.error);
  const manifest = manifestOf(action, taken, tools);
  const published = await underStoreLock(store, () => incoming.publish(manifest));
  if (!published.ok) return published;
  const bytes = taken.disks.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
  if (action.hold !== null) await holdPoint(action, action.hold, store, tools);
  return ok({ code: 'done', bytes });
}

async function holdPoint(
  action: Backup,
  reason: string,
  store: Store,
  tools: Tools,
): Promise<void> {
  const { directory, chain, pointDirectory } = action;
  const { who, clock } = tools.drivers;
  const noted = tools.log.step('hold', pointPath(action), action.store);
  const hold = { formatVersion: 1, who, at: clock(), reason } as const;
  const held = noted.ok
    ? await underStoreLock(store, () => store.writeHold(directory, chain, pointDirectory, hold))
    : failed(noted.error);
  if (held.ok || held.error.code === 'interrupted') return;
  tools.log.warn(during(`The point is there, but without its hold`, held.error.failure));
}

/** Keeps exactly one checkpoint per store. What cannot be dropped now, the next plan drops. */
async function releaseParents(action: Backup, tools: Tools): Promise<void> {
  const { uuid, name } = action.domain;
  for (const checkpoint of action.release) {
    const noted = tools.log.step('release', checkpoint, action.store);
    const released = noted.ok
      ? await tools.drivers.hypervisor.dropCheckpoint({ uuid, name: checkpoint, images: [] })
      : noted;
    if (!released.ok) tools.log.warn(during(`Dropping ${checkpoint} of ${name}`, released.error));
  }
}

function pointPath({ directory, chain, pointDirectory }: Backup): string {
  return join('domains', directory, chain, pointDirectory);
}
