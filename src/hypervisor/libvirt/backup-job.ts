import type { DomainUuid } from '../../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';
import { until } from './host.ts';
import { readBackupSocket } from './job.ts';
import type { VirshSession } from './virsh.ts';

/** Whose backup job runs on a domain. */
export type JobOwner = 'ours' | 'foreign' | 'none';

// libvirt joins the block jobs of all disks one by one; a domain with 100
// disks on a busy host was done in a second.
const abortSeconds = 60;

/** Whose job it is, by the unix socket in `backup-dumpxml`. A domain that is off or gone has none. */
export async function jobOwner(
  virsh: VirshSession,
  uuid: DomainUuid,
  socket: string,
): Promise<Result<JobOwner, Failure>> {
  const answer = await virsh.ask('backup-dumpxml', uuid);
  if (answer.ok) return ok(readBackupSocket(answer.value) === socket ? 'ours' : 'foreign');
  const none =
    /no domain backup job present/.test(answer.error.message) ||
    answer.error.code === 'domain-off' ||
    answer.error.code === 'domain-gone';
  return none ? ok('none') : answer;
}

/** Aborts a job if it is ours, and waits until it is gone. */
export async function abortOurJob(
  virsh: VirshSession,
  uuid: DomainUuid,
  socket: string,
): Promise<Result<'aborted' | 'gone' | 'foreign', Failure>> {
  const before = await jobOwner(virsh, uuid, socket);
  if (!before.ok) return before;
  if (before.value !== 'ours') return ok(before.value === 'none' ? 'gone' : 'foreign');
  const abort = await virsh.ask('domjobabort', uuid);
  const gone = await until(abortSeconds, async () => {
    const owner = await jobOwner(virsh, uuid, socket);
    return owner.ok && owner.value === 'ours' ? null : owner;
  });
  if (gone.ok && gone.value.ok) return ok('aborted');
  const why = abort.ok ? (gone.ok ? gone.value : gone) : abort;
  const message = why.ok ? 'it is still there' : why.error.message;
  return fail({
    code: 'abort-failed',
    message: `The backup job could not be aborted: ${message}.`,
  });
}
