import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';
import { startGuard, type Guard } from '../../process/guard.ts';
import type { OpenPoint, PointRequest } from '../hypervisor.ts';
import { agentSilence } from './agent-silence.ts';
import { beginCommands, readBeginOutput, thawCommands, type BeginOutput } from './begin-output.ts';
import { guardScript } from './guard-script.ts';
import { withVirsh, type LibvirtHost } from './host.ts';
import { inspect, type Inspected } from './inspect.ts';
import { monitorBusy, withMonitorLock } from './monitor-lock.ts';
import { endPoint, holdPoint } from './open-point.ts';
import { backupXml, checkpointXml, socketMark } from './point-xml.ts';
import { privateDirectory } from './private-file.ts';
import { freezeCode, noFreezeReason, quiesceFailure, type Freeze } from './quiesce.ts';
import { freeBytesAt } from './scratch-watch.ts';
import { thawUntilDone } from './thaw.ts';
import { virshEnv } from './virsh.ts';

/**
 * Begins a point: looks, writes the XML, and lets a guard process freeze,
 * begin and thaw. Whatever fails, no job, checkpoint or frozen guest is left,
 * or the failure says which.
 */
export async function beginPoint(
  host: LibvirtHost,
  request: PointRequest,
): Promise<Result<OpenPoint, Failure>> {
  const looked = await withVirsh(host, (virsh) => inspect(virsh, request));
  if (!looked.ok) return looked;
  const reason = noFreezeReason(request.quiesce, looked.value);
  if (request.quiesce === 'required' && reason === 'paused') {
    return fail(quiesceFailure('paused', 'the domain is paused'));
  }
  const silence = reason === null ? await agentSilence(host, request) : null;
  if (request.quiesce === 'required' && silence !== null) {
    return fail(quiesceFailure('agent-timeout', silence));
  }
  const skipped = silence === null ? reason : 'agent-timeout';
  const room = await makeRoom(host, request, looked.value);
  if (!room.ok) return room;
  if (request.signal.aborted) return fail(canceled);
  const frozen = skipped === null;
  const nonce = randomBytes(16).toString('hex');
  const launched = await withMonitorLock(host.runDir, 'alone', async () => {
    // Made as late as can be: of whoever is killed before the guard runs, which removes it, it stays a while.
    const directory = await privateDirectory(host.runDir);
    const process = await launch(host, request, directory, nonce, frozen);
    return { directory, guard: process, begun: await process.heard('begun') };
  });
  if (launched === null) return monitorBusy('The point was not begun');
  const { directory, guard, begun } = launched;
  const endedAt = host.now();
  const text = await readFile(join(directory, 'output'), 'utf8').catch(() => '');
  const output: Result<BeginOutput, Failure> = begun
    ? readBeginOutput(text, nonce, frozen)
    : fail({ code: 'begin-lost', message: 'The process that begins the backup job was ended.' });
  const freeze = await settleFreeze(host, request, guard, output, skipped);
  const failure = failureOfBegin(request, output, freeze);
  if (failure !== null || !output.ok) {
    return giveUp(host, request, looked.value, guard, failure ?? canceled);
  }
  const { begin, thaw } = output.value;
  return holdPoint(host, request, looked.value, guard, {
    quiesce: freeze.quiesce,
    frozenAtMilliseconds: endedAt - begin.milliseconds - (thaw?.milliseconds ?? 0),
  });
}

const canceled: Failure = {
  code: 'canceled',
  message: 'The point was canceled before it was begun.',
};

/** Writes the guard's files and starts it. */
async function launch(
  host: LibvirtHost,
  request: PointRequest,
  directory: string,
  nonce: string,
  frozen: boolean,
): Promise<Guard> {
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const begin = ['backup-begin', request.uuid, await file('backup.xml', backupXml(request))];
  const checkpoint = checkpointXml(request);
  if (checkpoint !== null) begin.push(await file('checkpoint.xml', checkpoint));
  await file('commands', beginCommands(nonce, begin, frozen ? request : null));
  await file('thaw', thawCommands(request.uuid, request.agentSeconds));
  return startGuard(
    guardScript,
    [host.uri, request.uuid, directory, socketMark(request.socket), frozen ? 'yes' : 'no'],
    virshEnv,
  );
}

/** Directories that QEMU can use, and enough free space for a start. */
async function makeRoom(
  host: LibvirtHost,
  request: PointRequest,
  { defined }: Inspected,
): Promise<Result<void, Failure>> {
  try {
    const directory = dirname(request.socket);
    await mkdir(directory, { recursive: true, mode: 0o711 });
    // QEMU itself binds the socket, as its own user (seen: libvirt 9.0 does not do it for it).
    if (defined.owner !== null && process.getuid?.() === 0) {
      await chown(directory, defined.owner.uid, defined.owner.gid);
      await chmod(directory, 0o700);
    }
    for (const { scratch } of request.disks) {
      await mkdir(dirname(scratch), { recursive: true, mode: 0o711 });
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return fail({
      code: 'scratch-unreachable',
      message: `The scratch or socket directory cannot be made: ${message}.`,
    });
  }
  const [first] = request.disks;
  const free = first === undefined ? null : await freeBytesAt(first.scratch);
  if (first !== undefined && free !== null && free < host.scratchReserveBytes) {
    return fail({
      code: 'scratch-full',
      message: `The file system of ${dirname(first.scratch)} has ${free} bytes free, and ${host.scratchReserveBytes} are needed to begin; make room, or move scratch.path.`,
    });
  }
  return ok(undefined);
}

/** What became of the freeze; thaws again where the first thaw failed. */
async function settleFreeze(
  host: LibvirtHost,
  request: PointRequest,
  guard: Guard,
  output: Result<BeginOutput, Failure>,
  skipped: string | null,
): Promise<Freeze> {
  if (skipped !== null) {
    return {
      quiesce: { done: false, code: skipped, frozenMilliseconds: null },
      maybeFrozen: false,
    };
  }
  if (!output.ok || output.value.freeze === null || output.value.thaw === null) {
    return {
      quiesce: { done: false, code: 'freeze-failed', frozenMilliseconds: null },
      maybeFrozen: true,
    };
  }
  const { freeze, begin, thaw } = output.value;
  const code = freeze.block.ok ? 'frozen' : freezeCode(freeze.block.error.message);
  // An agent that cannot be reached was never told to freeze; one that says nothing may yet do it.
  const told = freeze.block.ok || !/not (?:connected|configured)/.test(freeze.block.error.message);
  const thawed =
    !told || thaw.block.ok || (await thawUntilDone(host, request.uuid, request.agentSeconds)).ok;
  if (thawed) guard.tell('thawed');
  return {
    quiesce: {
      done: freeze.block.ok,
      code,
      frozenMilliseconds: freeze.block.ok
        ? Math.ceil(freeze.milliseconds + begin.milliseconds + thaw.milliseconds)
        : null,
    },
    maybeFrozen: !thawed,
  };
}

/** Why the point cannot count; null if it can. */
function failureOfBegin(
  request: PointRequest,
  output: Result<BeginOutput, Failure>,
  freeze: Freeze,
): Failure | null {
  if (!output.ok) return output.error;
  const { begin, freeze: asked } = output.value;
  if (freeze.maybeFrozen) {
    return {
      code: 'thaw-failed',
      message:
        'The guest may still be frozen: its agent did not answer; look at qemu-guest-agent in the guest, or run virsh domfsthaw.',
    };
  }
  if (request.quiesce === 'required' && asked !== null && !asked.block.ok) {
    return quiesceFailure(freeze.quiesce.code, asked.block.error.message);
  }
  if (!begin.block.ok) return explainBegin(request, begin.block.error);
  return request.signal.aborted ? canceled : null;
}

/** A failed `backup-begin` in words that say what to do. */
export function explainBegin(request: PointRequest, failure: Failure): Failure {
  if (/Permission denied|No such file or directory|Read-only file system/.test(failure.message)) {
    const [first] = request.disks;
    return {
      code: 'scratch-unreachable',
      message: `QEMU cannot use ${dirname(first?.scratch ?? request.socket)} or ${dirname(request.socket)} (${failure.message}); it runs as another user, maybe under AppArmor or SELinux, and does not see file systems that were mounted after the domain was started.`,
    };
  }
  if (/Domain checkpoint not found/.test(failure.message)) {
    return { code: 'tracker-lost', message: failure.message };
  }
  return failure;
}

/** Ends what was begun, and says first why; what could not be ended is added. */
async function giveUp(
  host: LibvirtHost,
  request: PointRequest,
  inspected: Inspected,
  guard: Guard,
  why: Failure,
): Promise<Result<never, Failure>> {
  const ended = await endPoint(host, request, inspected, why.code === 'thaw-failed' ? null : guard);
  if (why.code === 'thaw-failed') guard.leave();
  return fail(
    ended.ok
      ? why
      : {
          code: why.code,
          message: `${why.message} What was begun could not be ended: ${ended.error.message}`,
        },
  );
}
