import type { Backup } from '../model/backup-action.ts';
import { ok, type Result } from '../model/result.ts';
import type { Store } from '../store/store.ts';
import { lookAt } from './look.ts';
import { during, failed, type NotDone } from './not-done.ts';
import type { Tools } from './tools.ts';

/**
 * Does the work while the domain is up: one that is off is started paused, and
 * stopped again however the work ended (I11).
 */
export async function whileUp<T>(
  action: Backup,
  tools: Tools,
  work: () => Promise<Result<T, NotDone>>,
): Promise<Result<T, NotDone>> {
  if (action.power !== 'off') return work();
  const { uuid, name } = action.domain;
  const intent = { kind: 'started-domain', uuid, name } as const;
  const announced = tools.log.open({ ...intent, runningId: null });
  if (!announced.ok) return failed(announced.error);
  const started = await tools.drivers.hypervisor.startPaused(uuid);
  // A start that failed may have happened all the same: without an id only a
  // domain that never ran is stopped.
  const runningId = started.ok ? started.value.runningId : null;
  let worked: Result<T, NotDone>;
  let stopped: Result<void, NotDone>;
  try {
    // Without the id in the journal, a later run could not tell our start from another's.
    const noted = started.ok ? tools.log.open({ ...intent, runningId }) : started;
    worked = noted.ok ? await work() : failed(during(`Starting ${name} paused`, noted.error));
  } finally {
    stopped = await putBack(action, tools, runningId);
  }
  return worked.ok && !stopped.ok ? stopped : worked;
}

async function putBack(
  { domain }: Backup,
  tools: Tools,
  runningId: number | null,
): Promise<Result<void, NotDone>> {
  const stopped = await tools.drivers.hypervisor.stopStarted(domain.uuid, runningId);
  if (!stopped.ok) {
    // The intent stays open: the next plan puts the power state back.
    const failure = during(`Stopping ${domain.name}, which was off`, stopped.error);
    tools.log.warn(failure);
    return failed(failure);
  }
  if (stopped.value === 'left-running') {
    const message = `Somebody resumed ${domain.name} during its backup, so it is left as it is.`;
    tools.log.warn({ code: 'left-running', message });
  }
  tools.log.close('started-domain');
  return ok(undefined);
}

/**
 * Remembers the images of a domain that is off again. Only after the stop:
 * our own start and stop change their times.
 */
export async function noteLastLook(action: Backup, tools: Tools, store: Store): Promise<void> {
  const at = tools.drivers.clock();
  const look = await lookAt(action.domain, tools);
  if (!look.ok || look.value?.state !== 'off') return;
  const targets = new Set(action.disks.map(({ target }) => target));
  const images = look.value.disks
    .filter(({ target }) => targets.has(target))
    .flatMap((disk) => (disk.images.seen ? disk.images.value.map(({ stat }) => stat) : [null]));
  const stats = images.filter((stat) => stat !== null);
  // What is not a file cannot be seen to be unchanged.
  if (stats.length < images.length) return;
  const noted = tools.log.step('last-look', action.directory, action.store);
  const written = noted.ok
    ? store.writeLastLook(action.directory, {
        formatVersion: 1,
        point: action.point,
        at,
        images: stats,
      })
    : noted;
  // Without it the next plan takes an increment of nothing.
  if (!written.ok)
    tools.log.warn(during(`Noting the images of ${action.domain.name}`, written.error));
}
