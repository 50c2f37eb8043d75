import { fail, ok, type Failure, type Result } from '../../model/result.ts';
import type { PointRequest } from '../hypervisor.ts';
import { firstFailure } from './ask-groups.ts';
import { isListed } from './checkpoints.ts';
import { readDomainXml, type DefinedDomain } from './domain-xml.ts';
import { isNoBackup, readBlockJob, readJobOperation } from './job.ts';
import { valueOf } from './known.ts';
import { readPowerState } from './power-state.ts';
import type { VirshSession } from './virsh.ts';

/** What must be known of a domain before a point of it is begun. */
export interface Inspected {
  readonly defined: DefinedDomain;
  readonly paused: boolean;
  /** Started with `--paused`, and its CPUs have not run since. */
  readonly neverRan: boolean;
}

/**
 * Looks whether a point can be begun now. A job in the way is found here and
 * not by `backup-begin`, which waits 30 s for it (seen), with the guest frozen.
 */
export async function inspect(
  virsh: VirshSession,
  request: PointRequest,
): Promise<Result<Inspected, Failure>> {
  const { uuid } = request;
  const answers = await virsh.askAll([
    ['domstate', '--reason', uuid],
    ['dumpxml', uuid],
    ['backup-dumpxml', uuid],
    ...request.disks.map(({ target }) => ['blockjob', '--raw', uuid, target]),
  ]);
  const [stateAnswer, definition, backup, ...blockJobs] = answers;
  const state = readPowerState(valueOf(stateAnswer))?.state;
  if (stateAnswer?.ok === true && state !== 'running' && state !== 'paused') {
    return fail({
      code: 'domain-off',
      message: `The domain is ${state ?? 'in an unknown state'}, and was to be running or paused.`,
    });
  }
  const none = isNoBackup(backup);
  const job = none ? await virsh.ask('domjobinfo', uuid) : backup;
  const failure = firstFailure([stateAnswer, definition, job]);
  if (failure !== null) return fail(failure);
  const operation = none ? readJobOperation(valueOf(job)) : 'backup';
  if (operation !== null)
    return fail({
      code: 'busy',
      message: `Another job (${operation}) runs on the domain; the point is taken when it has ended.`,
    });
  const defined = readDomainXml(valueOf(definition));
  if (defined === null)
    return fail({
      code: 'unreadable-definition',
      message: 'The definition that virsh printed cannot be read.',
    });
  const missing = request.disks.find(
    ({ target }) => !defined.disks.some((disk) => disk.target === target),
  );
  if (missing !== undefined)
    return fail({
      code: 'disk-missing',
      message: `The domain has no disk ${missing.target} any more.`,
    });
  const working = request.disks.find((_, at) => readBlockJob(valueOf(blockJobs[at])) !== null);
  if (working !== undefined)
    return fail({
      code: 'busy',
      message: `A block job works on ${working.target}; the point is taken when it has ended.`,
    });
  const unasked = firstFailure(blockJobs);
  if (unasked !== null) return fail(unasked);
  if (request.checkpoint !== null) {
    const listed = await isListed(virsh, uuid, request.checkpoint);
    if (!listed.ok) return listed;
    if (listed.value)
      return fail({
        code: 'checkpoint-exists',
        message: `Checkpoint ${request.checkpoint} exists already; a name is never used twice.`,
      });
  }
  const paused = state === 'paused';
  return ok({ defined, paused, neverRan: paused && (await neverRan(virsh, uuid)) });
}

/**
 * Whether a paused domain's CPUs never ran since its start. libvirt calls it
 * `paused (user)` like any other; QEMU's own state tells them apart: it stays
 * `prelaunch` until the first resume (seen with 7.2).
 */
export async function neverRan(virsh: VirshSession, uuid: string): Promise<boolean> {
  const answer = await virsh.ask('qemu-monitor-command', uuid, '{"execute":"query-status"}');
  return answer.ok && /"status":\s*"prelaunch"/.test(answer.value);
}
