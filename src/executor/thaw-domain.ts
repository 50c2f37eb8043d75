import type { ThawDomain } from '../model/repair-action.ts';
import { ok } from '../model/result.ts';
import { lookAt } from './look.ts';
import { during, failed } from './not-done.ts';
import type { Performer } from './performer.ts';

// A guest whose disks were frozen for long has much to write before its agent answers.
const agentSeconds = 60;

/** Thaws a guest that a dead run left frozen (I10). Asks no store for anything. */
export const thawDomain: Performer<ThawDomain> = {
  async check({ domain }, tools) {
    const look = await lookAt(domain, tools);
    return look.ok ? ok('ready') : look;
  },

  async apply({ domain, run }, tools) {
    const look = await lookAt(domain, tools);
    if (!look.ok) return look;
    const isUp = look.value !== null && look.value.state !== 'off';
    if (isUp) {
      const thawed = await tools.drivers.hypervisor.thaw(domain.uuid, agentSeconds);
      if (!thawed.ok) return failed(during(`Thawing ${domain.name}`, thawed.error));
    }
    const noted = await tools.dismiss(run, domain.uuid, 'frozen-domain');
    if (!noted.ok) return failed(noted.error);
    return ok(isUp ? { code: 'done', bytes: null } : { code: 'already' });
  },
};
