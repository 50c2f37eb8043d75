import { join } from 'node:path';
import type { OpenPoint, PointRequest } from '../hypervisor/hypervisor.ts';
import type { Backup } from '../model/backup-action.ts';
import type { ObservedDomain } from '../model/observed.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { during } from './not-done.ts';
import type { Tools } from './tools.ts';

// sun_path of unix(7) holds 108 bytes with its closing zero.
const socketPathBytes = 107;

/** A point that the hypervisor holds open, and the way to let go of it. */
export interface BackupJob {
  readonly point: OpenPoint;
  /** The intent is complete: the point is published, so its checkpoint is wanted. */
  complete(): Promise<void>;
  /** Ends the point and drops its checkpoint; what could not be undone is left to the next plan. */
  abandon(): Promise<void>;
}

/** Where a job's socket and scratch files are, below directories of its own. */
interface JobPaths {
  readonly socketDir: string;
  readonly scratchDir: string;
  readonly socket: string;
  readonly scratch: ReadonlyMap<string, string>;
}

/** Asks the hypervisor for the point; every intent is on disk before its side effect. */
export async function beginJob(
  action: Backup,
  look: ObservedDomain,
  tools: Tools,
): Promise<Result<BackupJob, Failure>> {
  const paths = pathsOf(action, tools);
  const { uuid, name } = action.domain;
  const { log, drivers } = tools;
  const { socket } = paths;
  const scratch = [...paths.scratch.values()];
  const { checkpoint, point } = action;
  const announced = log.open({
    kind: 'backup-job',
    uuid,
    name,
    socket,
    scratch,
    checkpoint,
    point,
  });
  if (!announced.ok) return announced;
  const made = await makeDirectories(paths, tools);
  if (!made.ok) {
    await undo(action, tools, paths, async () => ok(undefined));
    return made;
  }
  const mayFreeze = action.quiesce !== 'never' && look.agent !== 'none' && look.state === 'running';
  if (mayFreeze) {
    const noted = log.open({ kind: 'frozen-domain', uuid, name });
    if (!noted.ok) {
      await undo(action, tools, paths, async () => ok(undefined));
      return noted;
    }
  }
  const begun = await drivers.hypervisor.begin(requestOf(action, look, tools, paths));
  const abandon = (drop: () => Promise<Result<void, Failure>>) => undo(action, tools, paths, drop);
  if (!begun.ok) {
    // It is this failure only if nothing is frozen: an agent that hangs is not waited for once more.
    if (mayFreeze && begun.error.code === 'quiesce-failed') log.close('frozen-domain');
    else if (mayFreeze) await thawAgain(action, look, begun.error, tools);
    await abandon(() => dropTentative(action, tools, paths.socket));
    return begun;
  }
  if (mayFreeze) log.close('frozen-domain');
  return ok({
    point: begun.value,
    abandon: () => abandon(() => begun.value.abandon()),
    complete: async () => {
      // The files first: a death in between leaves an intent of which nothing is left.
      if (await removeDirectories(paths, tools)) log.close('backup-job');
    },
  });
}

function requestOf(
  action: Backup,
  look: ObservedDomain,
  tools: Tools,
  paths: JobPaths,
): PointRequest {
  const taken = new Set(action.disks.map(({ target }) => target));
  return {
    uuid: action.domain.uuid,
    point: action.point,
    checkpoint: action.checkpoint,
    disks: action.disks.map(({ target, base, tracked }) => ({
      target,
      base,
      tracked,
      scratch: paths.scratch.get(target) ?? '',
    })),
    excluded: look.disks.map(({ target }) => target).filter((target) => !taken.has(target)),
    socket: paths.socket,
    scratchLimitBytes: tools.drivers.scratchLimitBytes,
    quiesce: action.quiesce,
    agentSeconds: action.timeouts.agentSeconds,
    signal: tools.signal,
  };
}

function pathsOf(action: Backup, { drivers, run, number }: Tools): JobPaths {
  const socketDir = join(drivers.runtimeDir, `${run}-${number}`);
  const scratchDir = join(drivers.scratchDir, `${run}-${number}`);
  return {
    socketDir,
    scratchDir,
    socket: join(socketDir, 'nbd.sock'),
    scratch: new Map(
      action.disks.map(({ target }) => [target, join(scratchDir, `${target}.scratch`)]),
    ),
  };
}

async function makeDirectories(
  { socket, socketDir, scratchDir }: JobPaths,
  { drivers }: Tools,
): Promise<Result<void, Failure>> {
  if (Buffer.byteLength(socket) > socketPathBytes) {
    const message = `The socket's path ${socket} is longer than ${socketPathBytes} bytes; choose a shorter runtime directory.`;
    return fail({ code: 'socket-path-too-long', message });
  }
  const directories = [drivers.scratchDir, scratchDir, drivers.runtimeDir, socketDir];
  try {
    for (const path of directories) await drivers.files.makeJobDirectory(path);
    return ok(undefined);
  } catch (error) {
    const message = `A directory for the job cannot be made: ${String(error)}`;
    return fail({ code: 'no-job-directory', message });
  }
}

/** What may be left of a job that could not begin: libvirt keeps the checkpoint of one that fails. */
async function dropTentative(
  { domain, checkpoint }: Backup,
  tools: Tools,
  socket: string,
): Promise<Result<void, Failure>> {
  const { hypervisor } = tools.drivers;
  const aborted = await hypervisor.abortJob(domain.uuid, socket);
  if (!aborted.ok) return aborted;
  if (checkpoint === null) return ok(undefined);
  const look = await tools.look(domain.uuid);
  if (!look.seen) return fail(look.failure);
  const checkpoints = look.value?.checkpoints ?? null;
  if (checkpoints === null) return ok(undefined);
  if (!checkpoints.seen) return fail(checkpoints.failure);
  if (!checkpoints.value.some(({ name }) => name === checkpoint)) return ok(undefined);
  return hypervisor.dropCheckpoint({ uuid: domain.uuid, name: checkpoint, images: [] });
}

async function undo(
  { domain }: Backup,
  tools: Tools,
  paths: JobPaths,
  drop: () => Promise<Result<void, Failure>>,
): Promise<void> {
  const dropped = await drop();
  if (!dropped.ok) {
    // The intent stays open and the files stay: QEMU may still be writing to them.
    tools.log.warn(during(`Undoing the point of ${domain.name}`, dropped.error));
    return;
  }
  if (await removeDirectories(paths, tools)) tools.log.close('backup-job');
}

/** I10: whether the guest is frozen is not known when the begin failed, and a thaw too many harms nothing. */
async function thawAgain(
  { domain, timeouts }: Backup,
  look: ObservedDomain,
  failure: Failure,
  tools: Tools,
): Promise<void> {
  const thawed = await tools.drivers.hypervisor.thaw(domain.uuid, timeouts.agentSeconds);
  // An agent that was not there was not told to freeze, unless it came in between.
  const mayBeFrozen = look.agent === 'connected' || unsureCodes.has(failure.code);
  if (!thawed.ok && mayBeFrozen) tools.log.warn(during(`Thawing ${domain.name}`, thawed.error));
  else tools.log.close('frozen-domain');
}

/** Failures of a begin after which the hypervisor cannot say whether the guest is thawed. */
const unsureCodes: ReadonlySet<string> = new Set(['thaw-failed', 'begin-lost']);

/** False, with a warning, if one could not be removed: the intent stays open, and the next plan shows it. */
async function removeDirectories(
  { socketDir, scratchDir }: JobPaths,
  tools: Tools,
): Promise<boolean> {
  try {
    for (const path of [socketDir, scratchDir]) await tools.drivers.files.remove(path);
    return true;
  } catch (error) {
    const message = `A job's directory was not removed: ${String(error)}`;
    tools.log.warn({ code: 'scratch-left', message });
    return false;
  }
}
