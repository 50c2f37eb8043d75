import type { PutBack } from '../model/restore-action.ts';
import { ok } from '../model/result.ts';
import { lookAt } from './look.ts';
import { failed, stale } from './not-done.ts';
import type { Performer } from './performer.ts';
import { putBack } from './restore-swap.ts';

/**
 * Puts back what a restore in place had set aside when it died. What had been
 * put in its place is kept beside it, as `IMAGE.restored-RUN`.
 */
export const putBackImages: Performer<PutBack> = {
  async check({ domain }, tools) {
    const look = await lookAt(domain, tools);
    if (!look.ok) return look;
    const state = look.value?.state ?? 'off';
    if (state === 'off' || state === 'crashed') return ok('ready');
    return stale('power-changed', `${domain.name} is ${state} now: its images are in use.`);
  },

  async apply({ domain, run, swaps }, tools) {
    const back = await putBack(swaps, `.restored-${run}`, tools.drivers.files);
    if (!back.ok) return failed(back.error);
    const dismissed = await tools.dismiss(run, domain.uuid, 'restore-swap');
    return dismissed.ok ? ok({ code: 'done', bytes: null }) : failed(dismissed.error);
  },
};
