import { destructiveKinds, type Action } from '../model/action.ts';
import type { Backup } from '../model/backup-action.ts';
import type { DomainUuid } from '../model/identity.ts';
import type { ObservedDirectory, ReadyStore } from '../model/observed-store.ts';
import type { ObservedState } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import type { TrashChain } from '../model/store-action.ts';
import { copyProblems } from './check-copies.ts';
import { floorProblems } from './check-floor.ts';
import { copiedChainKey } from './copy-checks.ts';
import { problem, type Directories, type PlanProblem } from './plan-problem.ts';

/**
 * Checks a plan against the observation that it was made from (law 8): no
 * action deletes what another needs, increments stand on the newest published
 * point (I2), no prefix drops a domain under its floor (I5), chains go whole
 * and unheld (I6). What guards block does not count. `floors`: least valid
 * points by domain, `mirrorFloors`: by mirror; 1 where they say nothing.
 */
export function checkPlan(
  plan: Plan,
  observed: ObservedState,
  floors: ReadonlyMap<DomainUuid, number> = new Map(),
  mirrorFloors: ReadonlyMap<string, number> = new Map(),
): readonly PlanProblem[] {
  const runnable = plan.actions.filter(({ blockedBy }) => blockedBy.length === 0);
  const directories = directoriesOf(observed);
  return [
    ...orderProblems(plan.actions),
    ...runnable.flatMap((action) => actionProblems(action, directories)),
    ...conflictProblems(runnable),
    ...unseenProblems(runnable, observed),
    ...floorProblems(runnable, directories, floors),
    ...copyProblems(runnable, observed, directories, mirrorFloors),
  ];
}

function directoriesOf(observed: ObservedState): Directories {
  const directories = new Map<string, ObservedDirectory>();
  for (const { name, state } of observed.stores) {
    if (state.kind !== 'ready') continue;
    for (const one of state.directories) directories.set(`${name}/${one.directory}`, one);
  }
  return directories;
}

/** Ids are unique, waves do not go back, and nothing depends on what comes later or not at all. */
function orderProblems(actions: readonly Action[]): readonly PlanProblem[] {
  const problems: PlanProblem[] = [];
  const before = new Set<string>();
  let wave = 0;
  for (const action of actions) {
    if (before.has(action.id)) problems.push(problem('double-id', action, 'is there twice'));
    if (action.wave < wave)
      problems.push(problem('wave', action, `is in wave ${action.wave} after ${wave}`));
    for (const id of action.dependsOn) {
      if (!before.has(id))
        problems.push(problem('order', action, `depends on ${id}, which is not before it`));
    }
    before.add(action.id);
    wave = action.wave;
  }
  return problems;
}

function actionProblems(action: Action, directories: Directories): readonly PlanProblem[] {
  switch (action.kind) {
    case 'backup':
      return backupProblems(action, directories.get(`${action.store.name}/${action.directory}`));
    case 'trash-chain':
      return trashProblems(action, directories.get(`${action.store.name}/${action.directory}`));
    default:
      return [];
  }
}

/** I2: the base is the checkpoint of the published newest point, and the parent is that point. */
function backupProblems(
  action: Backup,
  directory: ObservedDirectory | undefined,
): readonly PlanProblem[] {
  const problems: PlanProblem[] = [];
  const tip = directory?.tip ?? null;
  const { parent, level, disks } = action;
  const hasIncrement = disks.some((disk) => disk.level === 'increment');
  if ((level === 'increment') !== hasIncrement || (level === 'increment') !== (parent !== null)) {
    problems.push(problem('I2', action, 'is no whole increment and no whole full'));
  }
  if (parent !== null && (tip?.point !== parent.point || tip.chain !== action.chain)) {
    problems.push(
      problem('I2', action, `stands on ${parent.point}, which is not the newest valid point`),
    );
  }
  for (const disk of disks) {
    const isRight =
      disk.level === 'full'
        ? disk.base === null
        : disk.base !== null && disk.base === tip?.checkpoint;
    if (!isRight) problems.push(problem('I2', action, `counts ${disk.target} from ${disk.base}`));
  }
  if (disks.length === 0) problems.push(problem('empty', action, 'holds no disk'));
  return problems;
}

/** I6, I7: a chain goes as it was seen, whole, and only if nothing holds it. */
function trashProblems(
  action: TrashChain,
  directory: ObservedDirectory | undefined,
): readonly PlanProblem[] {
  const chain = directory?.chains.find(({ id }) => id === action.chain);
  if (directory?.uuid !== action.domain.uuid || chain === undefined) {
    return [problem('I7', action, 'is not in the store')];
  }
  const points = new Set(action.points);
  const isWhole =
    points.size === chain.points.length && chain.points.every(({ id }) => points.has(id));
  const isHeld = chain.held || chain.points.some(({ held }) => held === true);
  return [
    ...(isWhole ? [] : [problem('I6', action, 'does not name exactly the points of its chain')]),
    ...(isHeld ? [problem('G205', action, 'is held')] : []),
  ];
}

/** No action takes away what another one stands on. */
function conflictProblems(actions: readonly Action[]): readonly PlanProblem[] {
  const needed = new Map<string, string>();
  for (const action of actions) {
    if (action.kind === 'backup' && action.parent !== null) {
      needed.set(`${action.store.name}/${action.directory}/${action.chain}`, action.id);
      if (action.parent.checkpoint !== null) {
        needed.set(`${action.domain.uuid}/${action.parent.checkpoint}`, action.id);
      }
    }
    if (action.kind === 'heal') {
      needed.set(`${action.store.name}/${action.directory}/${action.chain}`, action.id);
    }
    if (action.kind === 'verify-points') {
      for (const { chain } of action.points) {
        needed.set(`${action.store.name}/${action.directory}/${chain}`, action.id);
      }
    }
    if (action.kind === 'verify-copies') {
      for (const { chain } of action.points) {
        needed.set(copiedChainKey(action.mirror.name, action.domain.uuid, chain), action.id);
      }
    }
    if (action.kind === 'redefine-checkpoint') {
      needed.set(`${action.domain.uuid}/${action.checkpoint}`, action.id);
    }
  }
  return actions.flatMap((action) => {
    const key =
      action.kind === 'trash-chain'
        ? `${action.store.name}/${action.directory}/${action.chain}`
        : action.kind === 'hide-copies'
          ? copiedChainKey(action.mirror.name, action.domain.uuid, action.chain)
          : action.kind === 'drop-checkpoint'
            ? `${action.domain.uuid}/${action.checkpoint}`
            : null;
    const by = key === null ? undefined : needed.get(key);
    return by === undefined ? [] : [problem('I6', action, `deletes what ${by} needs`)];
  });
}

/** I4: where something was not seen, nothing is deleted. */
function unseenProblems(
  actions: readonly Action[],
  { hypervisor, runs, stores }: ObservedState,
): readonly PlanProblem[] {
  const ready = new Map(
    stores.map(({ name, state }) => [name, state.kind === 'ready' ? state : null]),
  );
  const unread = new Set(
    hypervisor.seen ? hypervisor.value.unseenDomains.map(({ uuid }) => uuid) : [],
  );
  return actions
    .filter(({ kind }) => destructiveKinds.has(kind))
    .flatMap((action) => {
      const store: ReadyStore | null | undefined =
        'mirror' in action
          ? [...ready.values()].find((one) => one?.id === action.mirror.store)
          : 'store' in action
            ? ready.get(action.store.name)
            : undefined;
      const isSeen =
        hypervisor.seen &&
        runs.seen &&
        store !== null &&
        store !== undefined &&
        !('domain' in action && unread.has(action.domain.uuid));
      return isSeen ? [] : [problem('I4', action, 'deletes where something was not seen')];
    });
}
