import { dirname } from 'node:path';
import type { AbortJob } from '../model/repair-action.ts';
import { ok } from '../model/result.ts';
import type { Drivers } from './drivers.ts';
import { lookAt } from './look.ts';
import { during, failed } from './not-done.ts';
import type { Performer } from './performer.ts';

/** Ends a backup job of a run that died, and removes its scratch files. */
export const abortJob: Performer<AbortJob> = {
  async check({ domain }, tools) {
    const look = await lookAt(domain, tools);
    return look.ok ? ok('ready') : look;
  },

  async apply(action, tools) {
    const { domain, run, socket } = action;
    const look = await lookAt(domain, tools);
    if (!look.ok) return look;
    // A domain that is gone, or off, has no job; libvirt would only fail to find it.
    const ended =
      look.value === null || look.value.state === 'off'
        ? ok('gone' as const)
        : await tools.drivers.hypervisor.abortJob(domain.uuid, socket);
    if (!ended.ok) return failed(during(`Aborting the job on ${domain.name}`, ended.error));
    // The files only after the job: QEMU would go on writing into a nameless file.
    const left = await removeFiles(action, tools.drivers);
    if (left !== null) tools.log.warn(left);
    // While the intent is open, the next plan discards what is left (I14). What lies elsewhere only a person may.
    if (left?.code !== 'scratch-left') {
      const noted = await tools.dismiss(run, domain.uuid, 'backup-job');
      if (!noted.ok) return failed(noted.error);
    }
    return ok(ended.value === 'aborted' ? { code: 'done', bytes: null } : { code: 'already' });
  },
};

/** Removes what the journal names, and the directories that held it; what could not be, or may not. */
async function removeFiles({ socket, scratch }: AbortJob, { files, scratchDir }: Drivers) {
  const outside = scratch.find((path) => !path.startsWith(`${scratchDir}/`));
  if (outside !== undefined) {
    const message = `${outside} is not below the scratch directory ${scratchDir}; remove it by hand.`;
    return { code: 'scratch-elsewhere', message };
  }
  try {
    for (const path of [...scratch, socket]) await files.remove(path);
    for (const path of new Set([...scratch, socket].map((file) => dirname(file)))) {
      if (files.exists(path)) await files.removeEmpty(path);
    }
    return null;
  } catch (error) {
    return { code: 'scratch-left', message: `A scratch file was not removed: ${String(error)}` };
  }
}
