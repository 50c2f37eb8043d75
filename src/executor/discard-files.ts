import { join, normalize } from 'node:path';
import { ownPaths } from '../model/leftover.ts';
import type { DiscardFiles } from '../model/repair-action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { lookAt } from './look.ts';
import { type Checked, during, failed, type NotDone, stale, waiting } from './not-done.ts';
import type { Performer } from './performer.ts';
import type { Tools } from './tools.ts';

/** Removes what a dead run had made for its own work, its image servers first. */
export const discardFiles: Performer<DiscardFiles> = {
  async check(action, tools) {
    const named = await checkNamed(action, tools);
    if (!named.ok) return named;
    return action.intent === 'backup-job' ? checkIdle(action, tools) : checkUnused(action, tools);
  },

  async apply({ domain, run, intent, paths, bytes }, tools) {
    for (const path of paths) {
      const removed = await discard(path, tools);
      if (!removed.ok) return failed(removed.error);
    }
    const dismissed = await tools.dismiss(run, domain.uuid, intent);
    return dismissed.ok ? ok({ code: 'done', bytes }) : failed(dismissed.error);
  },
};

/** QEMU may write into scratch files for as long as there is a job. */
async function checkIdle({ domain }: DiscardFiles, tools: Tools): Promise<Checked> {
  const look = await lookAt(domain, tools);
  if (!look.ok) return look;
  if ((look.value?.job ?? null) === null) return ok('ready');
  return waiting('job-runs', `${domain.name} has a job, which may use what a dead run left.`);
}

/** G213: what a definition refers to is that domain's now. */
async function checkUnused({ paths }: DiscardFiles, tools: Tools): Promise<Checked> {
  const images = await tools.imagePaths();
  if (!images.seen) return failed(during('Looking at all domains', images.failure));
  const used = images.value.find((image) =>
    paths.some((path) => image === path || image.startsWith(`${path}/`)),
  );
  return used === undefined
    ? ok('ready')
    : stale('in-use', `A domain has ${used} among its files, so it stays.`);
}

/** Whatever a plan says: only what the journal of a run that is dead names, and the run's id with it. */
async function checkNamed(
  { run, domain, intent: kind, paths }: DiscardFiles,
  tools: Tools,
): Promise<Result<void, NotDone>> {
  const runs = await tools.drivers.journals.dead();
  if (!runs.seen) return failed(runs.failure);
  const named = new Set(
    runs.value
      .filter((dead) => dead.run === run)
      .flatMap(({ open }) => open)
      .flatMap((intent) =>
        intent.kind === kind && intent.uuid === domain.uuid ? ownPaths(run, intent) : [],
      ),
  );
  const other = paths.find((path) => !named.has(path) || normalize(path) !== path);
  if (other === undefined) return ok(undefined);
  return stale('not-in-journal', `Run ${run} is not dead, or did not leave ${other} open.`);
}

/** Removes a file or a directory of a dead run, its image servers first. */
export async function discard(path: string, { drivers }: Tools): Promise<Result<void, Failure>> {
  try {
    // A file has no names below it, and one that is gone has none either.
    const names = await drivers.files.list(path).catch(() => []);
    for (const name of names.filter((each) => each.endsWith('.sock'))) {
      drivers.pointImages.endServer(join(path, name));
    }
    await drivers.files.remove(path);
    return ok(undefined);
  } catch (error) {
    return fail({ code: 'not-removed', message: `${path} was not removed: ${String(error)}` });
  }
}
