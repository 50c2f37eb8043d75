import { normalize } from 'node:path';
import type { EndDrill } from '../model/drill-action.ts';
import { ok, type Result } from '../model/result.ts';
import { discard } from './discard-files.ts';
import { failed, stale, type NotDone } from './not-done.ts';
import type { Performer } from './performer.ts';
import type { Tools } from './tools.ts';

/** Ends the machine that a dead run booted for a drill, then its image servers, and removes what it stood on. */
export const endDrill: Performer<EndDrill> = {
  async check(action, tools) {
    const named = await checkNamed(action, tools);
    return named.ok ? ok('ready') : named;
  },

  async apply({ domain, run, guest, paths, bytes }, tools) {
    const host = tools.drivers.hypervisor.drills;
    const ended = host === undefined ? ok('gone' as const) : await host.endLeft(guest);
    if (!ended.ok) return failed(ended.error);
    if (ended.value === 'kept') {
      return stale('machine-kept', `Somebody has defined ${guest.name}, so it stays as it is.`);
    }
    for (const path of paths) {
      const removed = await discard(path, tools);
      if (!removed.ok) return failed(removed.error);
    }
    const dismissed = await tools.dismiss(run, domain.uuid, 'drill');
    return dismissed.ok ? ok({ code: 'done', bytes }) : failed(dismissed.error);
  },
};

/** Whatever a plan says: only the machine and the paths that the journal of a run names, which is dead. */
async function checkNamed(
  { run, domain, guest, paths }: EndDrill,
  tools: Tools,
): Promise<Result<void, NotDone>> {
  const runs = await tools.drivers.journals.dead();
  if (!runs.seen) return failed(runs.failure);
  const intents = runs.value
    .filter((dead) => dead.run === run)
    .flatMap(({ open }) => open)
    .flatMap((intent) =>
      intent.kind === 'drill' && intent.uuid === domain.uuid && intent.guest.uuid === guest.uuid
        ? [intent]
        : [],
    );
  const named = new Set(intents.flatMap((intent) => intent.paths));
  const isNamed =
    intents.some((intent) => intent.guest.name === guest.name) &&
    paths.every((path) => named.has(path) && normalize(path) === path);
  if (isNamed) return ok(undefined);
  return stale('not-in-journal', `Run ${run} is not dead, or left no drill ${guest.name} open.`);
}
