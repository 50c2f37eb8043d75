import type { Action } from '../model/action.ts';
import { type Plan, runnableActions } from '../model/plan.ts';
import { undrilled } from './drill-oracles.ts';
import { inventoryOf } from './inventory.ts';
import { loseJob, powerDown } from './qemu.ts';
import { unrestored } from './restore-oracles.ts';
import type { Scene, Violation } from './scene.ts';
import { findsDamage } from './settle-checks.ts';
import { findsCopyDamage } from './settle-copies.ts';
import { behind, healMirrors } from './settle-mirrors.ts';
import type { StoryRun } from './story-run.ts';
import type { Step } from './story.ts';
import type { World } from './world.ts';

const quietApply = {
  kind: 'apply',
  seed: 7,
  faults: [],
  lies: [],
  beside: 'nobody',
} as const satisfies Step;

// Four domains with a few chains each: more runs than this mean that nothing goes at all.
const mostPutOff = 20;

/**
 * Liveness: what people and luck did ends, the faults stop; within two runs the
 * plan is empty (runs that leave something to the next one not counted), nothing of ours is left on the host, and a day later every
 * domain that the policy manages has a fresh point.
 */
export async function settle(run: StoryRun): Promise<readonly Violation[]> {
  const { world } = run;
  heal(world);
  await run.actor?.release();
  // What another host's agent left is in its own journals.
  if (world.host.files.look('/var/lib/other') !== null) {
    await run.step({ ...quietApply, beside: 'other-host' });
    if (run.violations.length > 0) return [];
  }
  let putOff = 0;
  let trashed: ReadonlySet<string> = new Set();
  let blocked: ReadonlySet<string> = new Set();
  for (let count = 0; count < 2; count += 1) {
    const scene = await run.step(quietApply);
    if (run.violations.length > 0) return [];
    if (scene.results.some(({ locked }) => locked)) return [live('the lock outlived its process')];
    world.host.pass(1);
    takeForeignAway(world);
    trashed = trashedBy(scene);
    // G201: where nobody is there two chains go in a run; the others are no failure of this one.
    const isPutOff = scene.results.some(({ plan }) => plan !== null && putsOff(plan));
    // Nothing follows from what a guard blocked before a run does it: what another one of that run freed (I3).
    const isFreed = runnableOf(scene).some(({ id }) => blocked.has(id));
    // A run that put something off is not counted as it is.
    blocked = isPutOff ? new Set() : blockedBy(scene);
    const isChanged = changesWhatCounts(scene);
    if (!isPutOff && !isFreed && !isChanged) continue;
    putOff += 1;
    if (putOff > mostPutOff) return [live(`work was put off for the next run ${mostPutOff} times`)];
    // What it takes to be without it, and to check what was taken and copied for that, is counted from here.
    count = isChanged ? -1 : count - 1;
  }
  const [third] = (await run.step(quietApply)).results;
  if (third === undefined || third.plan === null) return [live('no plan could be made')];
  // A trash that keeps nothing is emptied by the run after the one that filled it (the first on a store fills none, G153).
  const left = runnableActions(third.plan)
    .filter(
      (action) =>
        (action.kind !== 'purge-trash' && action.kind !== 'purge-copies') ||
        !trashed.has(action.chain),
    )
    .map(({ id }) => id);
  if (left.length > 0) return [live(`after two runs there is left: ${left.join(', ')}`)];
  const rest = [
    ...remains(world),
    ...unrestored(world),
    ...undrilled(world),
    ...behind(world, third.plan),
  ];
  if (rest.length > 0) return rest;
  const again = await restoresAgain(run);
  if (again.length > 0 || run.violations.length > 0) return again;
  const alive = await staysAlive(run, world);
  if (alive.length > 0 || run.violations.length > 0) return alive;
  const found = await findsDamage(run, quietApply);
  if (found.length > 0 || run.violations.length > 0) return found;
  return findsCopyDamage(run, quietApply);
}

/** Whether a plan leaves deletions to the next run, because nobody is there to look at so many. */
function putsOff({ guards }: Plan): boolean {
  return guards.some(({ code, effect }) => code === 'G201' && effect === 'withhold');
}

/**
 * Whether a check found damage, or a point that stood on it, a heal mended it, or images were put back: points
 * count no more, or count again, and what stood on images that were not there is seen again. A heal that finds its
 * mirror's copy damaged brings that one into quarantine, as a check of copies does: retention there counts it no more and
 * keeps another one, and each mirror has at most one such heal of a point, so that this ends. A copy that is sent again,
 * or noticed on its way, may find the store's point damaged, and brings it into quarantine, once. What follows
 * from that (another full, a check of what came back, a deletion) is the next plan's, as `leftAfter` has it.
 */
function changesWhatCounts({ results }: Scene): boolean {
  return results.some(({ plan, report }) => {
    const kinds = new Map(plan?.actions.map(({ id, kind }) => [id, kind]));
    return report?.actions.some(({ id, outcome }) => {
      const kind = kinds.get(id);
      return (
        ((kind === 'heal' || kind === 'put-back') && outcome.code === 'done') ||
        ((kind === 'verify-points' || kind === 'verify-copies') && outcome.code === 'failed') ||
        (kind === 'backup' &&
          outcome.code === 'failed' &&
          outcome.failure.code === 'images-differ') ||
        (kind === 'heal' && outcome.code === 'failed' && outcome.failure.code === 'copy-damaged') ||
        (kind === 'copy-points' &&
          outcome.code === 'failed' &&
          ['point-damaged', 'hash-differs'].includes(outcome.failure.code))
      );
    });
  });
}

function runnableOf({ results }: Scene): readonly Action[] {
  return results.flatMap(({ plan }) => (plan === null ? [] : runnableActions(plan)));
}

function blockedBy({ results }: Scene): ReadonlySet<string> {
  const all = results.flatMap(({ plan }) => plan?.actions ?? []);
  return new Set(all.flatMap(({ id, blockedBy: guards }) => (guards.length > 0 ? [id] : [])));
}

function trashedBy(scene: Scene): ReadonlySet<string> {
  return new Set(
    runnableOf(scene).flatMap((one) =>
      one.kind === 'trash-chain' || one.kind === 'hide-copies' ? [one.chain] : [],
    ),
  );
}

const live = (message: string): Violation => ({ id: 'live', message });

/** Nobody goes on making trouble. */
function heal(world: World): void {
  const { host } = world;
  // Who insists on a freeze of guests that cannot be frozen gets no point: that is what was asked for.
  if (world.policy.quiesce === 'required') world.policy = { ...world.policy, quiesce: 'try' };
  // A policy that selects nobody is a mistake, under which only what is urgent is repaired (G105): a person mends it.
  const { left, ignored } = world.policy;
  if (host.domains.every(({ uuid }) => left.has(uuid) || ignored.has(uuid))) {
    world.policy = { ...world.policy, left: new Set(), ignored: new Set() };
  }
  for (const mount of host.mounts) {
    mount.disk = `/disks${mount.path}`;
    mount.isReadOnly = false;
    mount.isFull = false;
  }
  takeForeignAway(world);
  healMirrors(world);
  host.unbootable.clear();
  for (const domain of host.domains) {
    // What a killed restore set aside is put back while a domain is off.
    if (world.attempts.has(domain.uuid) && domain.state !== 'off') {
      loseJob(domain);
      powerDown(domain);
      domain.wanted = 'off';
    }
    domain.agent = 'connected';
    domain.foreignJob = false;
  }
  // Half past an hour: three runs of a second each begin no new slot.
  host.pass(5400 - (Math.floor(host.wallMs / 1000) % 3600));
}

/** A purge refuses what is not ours and went to the trash with a chain, and says so: somebody moves it away. */
function takeForeignAway(world: World): void {
  const { host, foreignFiles } = world;
  for (const path of foreignFiles.keys()) {
    const now = host.files.look(path) === null ? movedPath(world, path) : path;
    if (now === null || !now.includes('/.trash/')) continue;
    host.files.removeFile(now);
    foreignFiles.delete(path);
  }
}

/** Where a file in a chain has gone with it. */
function movedPath({ host }: World, path: string): string | null {
  const name = path.slice(path.lastIndexOf('/'));
  const found = host.files.tree('/disks').find(([other]) => other.endsWith(name));
  return found?.[0] ?? null;
}

/** I10, I11, I14 at rest. */
function remains({ host }: World): readonly Violation[] {
  const files = ['/scratch', '/run/hf'].flatMap((path) =>
    host.files.look(path) === null ? [] : host.files.list(path).map((name) => `${path}/${name}`),
  );
  return [
    ...files.map((path) => ({ id: 'I14', message: `${path} is left` })),
    ...host.domains
      .filter(({ frozen }) => frozen)
      .map(({ name }) => ({ id: 'I10', message: `${name} is frozen` })),
    ...[...host.locks].map(([path]) => ({ id: 'live', message: `${path} is locked by nobody` })),
  ];
}

// What a person has done to a domain, or its points, and is told of: no restore is refused for anything else.
const refusals: readonly string[] = [
  'no-points',
  'point-not-found',
  'point-faulty',
  'has-overlay',
  'managed-save',
  'domain-gone',
  'domain-running',
  'one-place',
];

/** A restore in place works, whatever was killed before: its oracle compares what it brought. */
async function restoresAgain(run: StoryRun): Promise<readonly Violation[]> {
  if (run.world.attempts.size === 0 && run.world.restored.size === 0) return [];
  const { results } = await run.step({
    kind: 'ask',
    deed: 'restore-in-place',
    seed: 11,
    faults: [],
  });
  if (run.violations.length > 0) return [];
  return results.flatMap(({ refused, report }): readonly Violation[] => {
    if (refused !== null) {
      return refusals.includes(refused.code) ? [] : [live(`refused: ${refused.message}`)];
    }
    return (report?.actions ?? []).flatMap(({ id, outcome }) => {
      // The restore itself may be the one that finds damage.
      const isDamage = outcome.code === 'failed' && outcome.failure.code === 'hash-differs';
      const isFine = outcome.code === 'done' || (isDamage && run.world.damaged.size > 0);
      return isFine ? [] : [live(`${id} is ${JSON.stringify(outcome)}`)];
    });
  });
}

/** A day later each domain that nothing hinders has a point of that day. */
async function staysAlive(run: StoryRun, world: World): Promise<readonly Violation[]> {
  const { host } = world;
  const since = host.now;
  host.pass(90_000);
  for (const domain of host.domains) {
    // One that is off and unchanged needs no point.
    if (domain.state === 'off') continue;
    domain.state = 'running';
    domain.wanted = 'running';
  }
  const scenes: Scene[] = [await run.step(quietApply)];
  // Where a run found damage below the new point, the next one takes a full.
  if (scenes.every(changesWhatCounts) && run.violations.length === 0) {
    host.pass(1);
    scenes.push(await run.step(quietApply));
  }
  const plans = scenes.flatMap(({ results }) => results[0]?.plan ?? []);
  if (plans.length < scenes.length) return [live('no plan could be made a day later')];
  const acted = new Set(
    plans.flatMap(({ domains }) =>
      domains.flatMap(({ verdict, domain }) => (verdict === 'acted-on' ? [domain.uuid] : [])),
    ),
  );
  // One that the policy leaves alone is called acted on while a chain of its own is purged from the trash.
  const { left, ignored } = world.policy;
  const isBlocked = (uuid: string): boolean =>
    plans.some(({ actions }) =>
      actions.some(
        (action) =>
          action.kind === 'backup' && action.domain.uuid === uuid && action.blockedBy.length > 0,
      ),
    );
  const fresh = new Set(
    inventoryOf(host).flatMap(({ uuid, manifest, isValid }) =>
      isValid && manifest.frozenAt > since ? [uuid] : [],
    ),
  );
  return host.domains
    .filter(({ uuid }) => !left.has(uuid) && !ignored.has(uuid))
    .filter(({ uuid, state }) => state === 'running' && acted.has(uuid) && !isBlocked(uuid))
    .filter(({ uuid }) => !fresh.has(uuid))
    .map(({ name }) => live(`${name} has no point of the last day`));
}
