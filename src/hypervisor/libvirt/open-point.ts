import { rm } from 'node:fs/promises';
import { instantOf } from '../../model/instant.ts';
import type { Quiesce } from '../../model/point.ts';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';
import type { Guard } from '../../process/guard.ts';
import type { OpenPoint, PointRequest } from '../hypervisor.ts';
import { abortOurJob, jobOwner } from './backup-job.ts';
import { dropWith } from './checkpoints.ts';
import { withVirsh, type LibvirtHost } from './host.ts';
import type { Inspected } from './inspect.ts';
import { dirtyContextOf } from './point-xml.ts';
import { watchScratch } from './scratch-watch.ts';
import type { VirshSession } from './virsh.ts';

// The NBD reader notices a dead job by itself; this is for one that died
// between two reads, or whose libvirtd went away.
const lookEveryMilliseconds = 1000;

/** What began. */
interface Begun {
  readonly quiesce: Quiesce;
  readonly frozenAtMilliseconds: number;
}

/** A job that runs, with its watchers. */
export async function holdPoint(
  host: LibvirtHost,
  request: PointRequest,
  inspected: Inspected,
  guard: Guard,
  begun: Begun,
): Promise<Result<OpenPoint, Failure>> {
  const checkpoint = await savedCheckpoint(host, request);
  if (!checkpoint.ok) {
    await endPoint(host, request, inspected, guard);
    return checkpoint;
  }
  const lost = new AbortController();
  const lose = (failure: Failure): void => {
    if (!lost.signal.aborted) lost.abort(failure);
  };
  const watcher = host.pool.take();
  const stopJobWatch = watchJob(watcher, request, lose);
  // The thread that watches aborts the job itself, while the guest still has room; the reader is told at once.
  const stopScratchWatch = watchScratch(host, request, lose);
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    stopJobWatch();
    stopScratchWatch();
    host.pool.give(watcher);
  };
  return ok({
    quiesce: begun.quiesce,
    frozenAt: instantOf(begun.frozenAtMilliseconds),
    disks: request.disks.map(({ target, base }) => ({
      kind: 'nbd',
      target,
      socket: request.socket,
      exportName: target,
      dirtyContext: base === null ? null : dirtyContextOf(target),
    })),
    checkpointXml: checkpoint.value,
    lost: lost.signal,
    end: async () => {
      // From here on it is we who end the job: a look that finds it gone would call it lost (seen).
      stopJobWatch();
      const ended = await endHealthy(watcher, request, guard, lost.signal);
      stop();
      return ended;
    },
    abandon: () => {
      stop();
      return endPoint(host, request, inspected, guard);
    },
  });
}

/** The new checkpoint's own XML, for `checkpoint.xml`; null without one. */
function savedCheckpoint(
  host: LibvirtHost,
  { uuid, checkpoint }: PointRequest,
): Promise<Result<string | null, Failure>> {
  if (checkpoint === null) return Promise.resolve(ok(null));
  return withVirsh(host, (virsh) =>
    virsh.ask('checkpoint-dumpxml', '--no-domain', uuid, `--checkpointname=${checkpoint}`),
  );
}

/** Looks once a second whether the job is there and ours; any doubt is a loss (a reconnect to libvirtd included). */
function watchJob(
  virsh: VirshSession,
  { uuid, socket }: PointRequest,
  lose: (failure: Failure) => void,
): () => void {
  let stopped = false;
  const look = async (): Promise<void> => {
    const owner = await jobOwner(virsh, uuid, socket);
    if (stopped) return;
    if (owner.ok && owner.value === 'ours') {
      setTimeout(() => void look(), lookEveryMilliseconds).unref();
      return;
    }
    lose(
      owner.ok
        ? lostJob
        : {
            code: 'job-lost',
            message: `The backup job can no longer be seen: ${owner.error.message}.`,
          },
    );
  };
  void look();
  return () => {
    stopped = true;
  };
}

const lostJob: Failure = {
  code: 'job-lost',
  message:
    'The backup job ended before everything was read: the domain stopped, or somebody aborted it.',
};

/** Ends a job of which all was read: a success only if it was there, and ours, until now. */
async function endHealthy(
  virsh: VirshSession,
  { uuid, socket }: PointRequest,
  guard: Guard,
  lost: AbortSignal,
): Promise<Result<void, Failure>> {
  if (lost.aborted) return fail(reasonOf(lost));
  const owner = await jobOwner(virsh, uuid, socket);
  if (!owner.ok)
    return fail({
      code: 'job-lost',
      message: `The backup job can no longer be seen: ${owner.error.message}.`,
    });
  if (owner.value !== 'ours') return fail(lostJob);
  const aborted = await abortOurJob(virsh, uuid, socket);
  if (!aborted.ok) return aborted;
  if (lost.aborted) return fail(reasonOf(lost));
  guard.tell('done');
  await guard.ended;
  return ok(undefined);
}

/** The failure that a lost point carries. */
function reasonOf(lost: AbortSignal): Failure {
  const reason: unknown = lost.reason;
  if (reason !== null && typeof reason === 'object' && 'code' in reason && 'message' in reason) {
    return { code: String(reason.code), message: String(reason.message) };
  }
  return lostJob;
}

/**
 * Aborts our job, drops the tentative checkpoint, removes what is left of the
 * scratch files. Only a guard that is not needed any more is told `done`; on
 * a failure it goes on trying.
 */
export async function endPoint(
  host: LibvirtHost,
  request: PointRequest,
  { defined }: Inspected,
  guard: Guard | null,
): Promise<Result<void, Failure>> {
  const { uuid, socket, checkpoint } = request;
  const ended = await withVirsh(host, async (virsh): Promise<Result<void, Failure>> => {
    const aborted = await abortOurJob(virsh, uuid, socket);
    if (!aborted.ok || checkpoint === null) return aborted.ok ? ok(undefined) : aborted;
    const images = defined.disks.flatMap(({ target, source, format }) =>
      format === 'qcow2' &&
      (source.kind === 'file' || source.kind === 'block') &&
      request.disks.some((disk) => disk.target === target && disk.tracked)
        ? [source.path]
        : [],
    );
    const dropped = await dropWith(virsh, host.runDir, { uuid, name: checkpoint, images });
    // A domain that is gone took its checkpoints along.
    return !dropped.ok && dropped.error.code === 'domain-gone' ? ok(undefined) : dropped;
  });
  if (!ended.ok) {
    guard?.leave();
    return ended;
  }
  for (const { scratch } of request.disks) await rm(scratch, { force: true });
  guard?.tell('done');
  // It removes its own files, and nothing is left when we say so.
  await guard?.ended;
  return ok(undefined);
}
