import type { Action } from '../model/action.ts';
import type { Outcome } from '../model/event.ts';
import { fail, type Failure, ok, type Result } from '../model/result.ts';
import { dismissLeft } from './dismiss-left.ts';
import { type Checked, failed, type NotDone } from './not-done.ts';
import { performable } from './perform.ts';
import { actionLog, notNoted, type Recorder } from './recorder.ts';
import type { Tools } from './tools.ts';
import { imagePaths, jobsOf } from './world.ts';

/** What all actions of a run share. */
export type RunTools = Pick<
  Tools,
  'drivers' | 'plan' | 'run' | 'hypervisor' | 'limits' | 'rateLimit' | 'signal' | 'copySignal'
> & { readonly recorder: Recorder };

/** The tools of one action; its looks are fresh. */
export function toolsFor(action: Action, run: RunTools): Tools {
  const { drivers, plan, recorder } = run;
  const jobs = jobsOf(plan.actions);
  const allowed = plan.request.allow
    .filter(({ code }) => code === 'G213')
    .map(({ scope }) => scope);
  return {
    ...run,
    number: plan.actions.indexOf(action),
    log: actionLog(action.id, recorder),
    look: (uuid) => drivers.hypervisor.look(uuid, jobs),
    imagePaths: () => imagePaths(drivers.hypervisor, jobs, allowed),
    store: drivers.openStore,
    dismiss: async (dead, uuid, kind) => {
      const runs = await drivers.journals.dead();
      if (!runs.seen) return fail(runs.failure);
      const open = runs.value.filter((one) => one.run === dead).flatMap((one) => one.open);
      return dismissLeft(drivers, { run: dead, open }, uuid, kind);
    },
  };
}

/** Does an action from its last check to its outcome. */
export function performer(run: RunTools): (action: Action) => Promise<Outcome> {
  return async (action) => {
    const begunAt = performance.now();
    const { id, kind, address } = action;
    const noted = run.recorder.record({ kind: 'action-started', action: id, what: kind, address });
    const applied = noted.ok || mayGoUnnoted(action) ? await apply(action, run) : notStarted(noted);
    const seconds = Math.round(performance.now() - begunAt) / 1000;
    const outcome: Outcome = !applied.ok
      ? applied.error
      : applied.value.code === 'done'
        ? { ...applied.value, seconds }
        : applied.value;
    run.recorder.record({ kind: 'action-finished', action: id, outcome });
    return outcome;
  };
}

/** A guest is thawed, and a power state put back, whether or not anything can be written. */
function mayGoUnnoted({ kind }: Action): boolean {
  return kind === 'thaw-domain' || kind === 'restore-power-state' || kind === 'abort-job';
}

function notStarted({ error }: { readonly error: Failure }): Result<never, NotDone> {
  return failed(notNoted(error));
}

async function apply(action: Action, run: RunTools) {
  const tools = toolsFor(action, run);
  return guarded(action, async () => {
    const performing = performable(action);
    const checked = await performing.check(tools);
    if (!checked.ok) return checked;
    return checked.value === 'already' ? ok({ code: 'already' as const }) : performing.apply(tools);
  });
}

/** Checks an action; a mistake of ours in one must not take the others with it (I8). */
export async function checkGuarded(action: Action, tools: Tools): Promise<Checked> {
  return guarded(action, () => performable(action).check(tools));
}

async function guarded<T>(
  action: Action,
  work: () => Promise<Result<T, NotDone>>,
): Promise<Result<T, NotDone>> {
  try {
    return await work();
  } catch (error) {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const message = `${action.id} met a fault in holdfast itself; please report it: ${words}`;
    return fail({ code: 'failed', failure: { code: 'internal', message } });
  }
}
