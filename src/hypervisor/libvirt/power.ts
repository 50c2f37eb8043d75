import type { DomainUuid } from '../../model/identity.ts';
import { fail, ok, type Failure, type Result } from '../../model/result.ts';
import { until, withVirsh, type LibvirtHost } from './host.ts';
import { neverRan } from './inspect.ts';
import { linesOf } from './listed.ts';
import { readPowerState } from './power-state.ts';
import type { VirshSession } from './virsh.ts';

/** Starts a domain that is off with its CPUs stopped; refuses to consume a managed save. */
export function startPaused(
  host: LibvirtHost,
  uuid: DomainUuid,
): Promise<Result<{ readonly runningId: number }, Failure>> {
  return withVirsh(host, async (virsh) => {
    const started = await startIfNotSaved(virsh, uuid, ['--paused']);
    if (!started.ok) return started;
    const id = await runningId(virsh, uuid);
    if (id !== null) return ok({ runningId: id });
    return fail({
      code: 'no-running-id',
      message: 'The domain was started, and then libvirt named no id of it.',
    });
  });
}

/** Starts a domain; refuses to consume a managed save, whose memory does not belong to other disks. */
export function start(host: LibvirtHost, uuid: DomainUuid): Promise<Result<void, Failure>> {
  return withVirsh(host, (virsh) => startIfNotSaved(virsh, uuid, []));
}

async function startIfNotSaved(
  virsh: VirshSession,
  uuid: DomainUuid,
  flags: readonly string[],
): Promise<Result<void, Failure>> {
  const saved = await virsh.ask('list', '--all', '--with-managed-save', '--uuid');
  if (!saved.ok) return saved;
  if (linesOf(saved.value).some((line) => line.trim() === uuid)) {
    return fail({
      code: 'managed-save',
      message:
        'The domain has a managed save, which starting it would consume; start it yourself, or remove it with virsh managedsave-remove.',
    });
  }
  const answer = await virsh.ask('start', uuid, ...flags);
  return answer.ok ? ok(undefined) : answer;
}

async function runningId(virsh: VirshSession, uuid: DomainUuid): Promise<number | null> {
  const answer = await virsh.ask('domid', uuid);
  const text = answer.ok ? answer.value.trim() : '';
  return /^\d+$/.test(text) ? Number(text) : null;
}

/**
 * Stops a domain that a run of ours started paused. It is destroyed only while
 * it is paused, its CPUs never ran since that start, and its id is the one
 * that was noted (if there was time to note one): whoever resumed it uses it.
 */
export function stopStarted(
  host: LibvirtHost,
  uuid: DomainUuid,
  noted: number | null,
): Promise<Result<'stopped' | 'left-running' | 'already-off', Failure>> {
  return withVirsh(host, async (virsh) => {
    const answer = await virsh.ask('domstate', '--reason', uuid);
    if (!answer.ok) return answer;
    const state = readPowerState(answer.value)?.state;
    if (state === 'off') return ok('already-off');
    const id = await runningId(virsh, uuid);
    const same = noted === null || id === noted;
    if (state !== 'paused' || !same || !(await neverRan(virsh, uuid))) return ok('left-running');
    const destroyed = await virsh.ask('destroy', uuid, '--graceful');
    if (!destroyed.ok && destroyed.error.code !== 'domain-off') return destroyed;
    return ok('stopped');
  });
}

const stopped = fail({ code: 'canceled', message: 'Stopped while the guest was shutting down' });

/** Asks the guest to shut down, waits, and pulls the plug only then; a signal ends it before that. */
export async function powerOff(
  host: LibvirtHost,
  uuid: DomainUuid,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<Result<void, Failure>> {
  if (signal.aborted) return stopped;
  // In a virsh of its own: where there is an agent, libvirt answers only when the guest
  // is down, or after a minute (seen: 9.0.0), and that is not to be waited for.
  const asking = host.pool.take(waitSeconds + host.stallSeconds);
  let isAnswered = false;
  // A refusal (a paused guest, say) is no reason to wait less: a person may shut it down.
  void asking.ask('shutdown', uuid).then(() => void (isAnswered = true));
  try {
    return await waitUntilOff(host, uuid, waitSeconds, signal);
  } finally {
    if (!isAnswered) asking.abort();
    host.pool.give(asking);
  }
}

function waitUntilOff(
  host: LibvirtHost,
  uuid: DomainUuid,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<Result<void, Failure>> {
  return withVirsh(host, async (virsh) => {
    const off = await until(waitSeconds, async () => {
      if (signal.aborted) return stopped;
      const answer = await virsh.ask('domstate', '--reason', uuid);
      if (!answer.ok) return answer;
      return readPowerState(answer.value)?.state === 'off' ? answer : null;
    });
    if (off.ok) return off.value.ok ? ok(undefined) : off.value;
    const destroyed = await virsh.ask('destroy', uuid);
    return destroyed.ok || destroyed.error.code === 'domain-off' ? ok(undefined) : destroyed;
  });
}
