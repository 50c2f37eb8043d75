import type { Action } from '../model/action.ts';
import type { VerifyCopies } from '../model/check-action.ts';
import type { CopyPoints, HideCopies, MirrorRef, PurgeCopies } from '../model/copy-action.ts';
import type { ChainId, DomainUuid } from '../model/identity.ts';
import type { ObservedMirrorContent, ObservedMirrorDirectory } from '../model/observed-mirror.ts';
import type { ObservedState } from '../model/observed.ts';
import { unreachable } from '../model/result.ts';
import { placeOfPoint } from './chains-beside.ts';
import { problem, type Directories, type PlanProblem } from './plan-problem.ts';

type Copies = CopyPoints | HideCopies | PurgeCopies;
type AtMirror = Copies | VerifyCopies;

const copyKinds: ReadonlySet<Action['kind']> = new Set<AtMirror['kind']>([
  'copy-points',
  'hide-copies',
  'purge-copies',
  'verify-copies',
]);

/** What the checks of copies look at: the mirrors as they were seen, and as the plan's steps leave them. */
interface Walk {
  readonly observed: ObservedState;
  readonly directories: Directories;
  /** Places of points that are whole at a mirror, by `MIRROR/STORE ID/DIRECTORY/CHAIN`. */
  readonly whole: Map<string, Set<string>>;
  /** Places that this plan copies, by the same key. */
  readonly copied: Map<string, Set<string>>;
  /** Valid points that a mirror has of a domain, by `MIRROR/STORE ID/UUID`. */
  readonly valid: Map<string, number>;
  readonly backups: ReadonlyMap<string, string>;
}

/**
 * Checks what a plan does at mirrors, step by step: only where the mirror was
 * seen (I4); each point with all its parents; whole chains as they were seen,
 * unheld, never one that the plan copies to; and never the floor there (I5).
 */
export function copyProblems(
  actions: readonly Action[],
  observed: ObservedState,
  directories: Directories,
  floors: ReadonlyMap<string, number>,
): readonly PlanProblem[] {
  const own = actions.filter((action): action is AtMirror => copyKinds.has(action.kind));
  if (own.length === 0) return [];
  const walk: Walk = {
    observed,
    directories,
    whole: new Map(),
    copied: new Map(),
    valid: new Map(),
    backups: new Map(
      actions.flatMap((action) =>
        action.kind === 'backup' ? [[action.point, action.id] as const] : [],
      ),
    ),
  };
  return own.flatMap((action) => stepProblems(walk, action, floors));
}

function stepProblems(
  walk: Walk,
  action: AtMirror,
  floors: ReadonlyMap<string, number>,
): readonly PlanProblem[] {
  const content = contentOf(walk.observed, action);
  if (content === null) {
    return action.kind === 'copy-points' && isNewStore(walk.observed, action)
      ? copySteps(walk, action, null)
      : [problem('I4', action, 'works where the mirror was not seen')];
  }
  const there = content.directories.find(({ directory }) => directory === action.directory) ?? null;
  if (there !== null && there.uuid !== action.domain.uuid) {
    return [problem('I7', action, "works on another domain's copies")];
  }
  switch (action.kind) {
    case 'copy-points':
      return copySteps(walk, action, there);
    case 'hide-copies':
      return hideSteps(walk, action, there, floors);
    case 'purge-copies':
      return purgeProblems(walk, action, there);
    case 'verify-copies':
      return checkProblems(action, there);
    default:
      return unreachable(action);
  }
}

/** What was seen of a store's copies, and not of another's that lie beside them; null if nothing was. */
function contentOf(
  { mirrors }: ObservedState,
  action: { readonly mirror: MirrorRef; readonly store?: { readonly name: string } },
): ObservedMirrorContent | null {
  const { mirror, store } = action;
  const looks = mirrors.find(({ name }) => name === mirror.name)?.stores ?? [];
  const seen = looks.flatMap((look) =>
    look.state.seen ? [{ name: look.store, content: look.state.value }] : [],
  );
  const own =
    seen.find(({ content }) => content.store === mirror.store) ??
    seen.find(({ name, content }) => name === store?.name && content.kind === 'blank');
  return own?.content ?? null;
}

/** A store that the plan makes: nothing of it can be anywhere. */
function isNewStore({ stores }: ObservedState, { store }: CopyPoints): boolean {
  return stores.some(({ name, state }) => name === store.name && state.kind === 'blank');
}

const keyOf = ({ mirror, directory, chain }: Copies): string =>
  `${mirror.name}/${mirror.store}/${directory}/${chain}`;

function setOf(sets: Map<string, Set<string>>, key: string): Set<string> {
  const known = sets.get(key);
  if (known !== undefined) return known;
  const made = new Set<string>();
  sets.set(key, made);
  return made;
}

/** Points that are whole at the mirror at this step. */
function wholeAt(walk: Walk, action: Copies, there: ObservedMirrorDirectory | null): Set<string> {
  const key = keyOf(action);
  if (!walk.whole.has(key)) {
    const places = setOf(walk.whole, key);
    for (const point of chainThere(there, action.chain)?.points ?? []) {
      if (point.fault === undefined) places.add(placeOfPoint(point));
    }
  }
  return setOf(walk.whole, key);
}

const chainThere = (there: ObservedMirrorDirectory | null, chain: ChainId) =>
  there?.chains.find(({ id }) => id === chain);

/** A copied point is in the store, or made before, and whatever it stands on is at the mirror. */
function copySteps(
  walk: Walk,
  action: CopyPoints,
  there: ObservedMirrorDirectory | null,
): readonly PlanProblem[] {
  const problems: PlanProblem[] = [];
  const whole = wholeAt(walk, action, there);
  const local = walk.directories
    .get(`${action.store.name}/${action.directory}`)
    ?.chains.find(({ id }) => id === action.chain);
  const known = new Map(local?.points.map((point) => [placeOfPoint(point), point]));
  const parents = [...(local?.points ?? []), ...(chainThere(there, action.chain)?.points ?? [])];
  for (const { id, directory, sequence } of action.points) {
    const backup = walk.backups.get(id);
    const isMade = backup !== undefined && action.dependsOn.includes(backup);
    const isThere = known.get(directory)?.id === id;
    if (!isMade && !isThere)
      problems.push(problem('I7', action, `copies ${id}, which is not there`));
    const lacks = parents.find(
      (point) => point.sequence < sequence && !whole.has(placeOfPoint(point)),
    );
    if (lacks !== undefined) {
      problems.push(problem('I6', action, `copies ${id} without ${lacks.id}, which it stands on`));
    }
    if (!whole.has(directory)) addValid(walk, action, 1);
    whole.add(directory);
    setOf(walk.copied, keyOf(action)).add(directory);
    mend(walk, action, there);
  }
  if (action.points.length === 0) problems.push(problem('empty', action, 'copies no point'));
  return problems;
}

/** What only inherited its fault is whole again once everything before it is. */
function mend(walk: Walk, action: CopyPoints, there: ObservedMirrorDirectory | null): void {
  const whole = wholeAt(walk, action, there);
  const points = chainThere(there, action.chain)?.points ?? [];
  for (const point of points.toSorted((a, b) => a.sequence - b.sequence)) {
    const place = placeOfPoint(point);
    if (whole.has(place)) continue;
    if (point.fault !== 'parent-faulty' && point.fault !== 'parent-missing') return;
    whole.add(place);
    addValid(walk, action, 1);
  }
}

/** Adds to the valid points of a domain at a mirror; the sum. */
function addValid({ valid, observed }: Walk, action: Copies, count: number): number {
  const key = `${action.mirror.name}/${action.mirror.store}/${action.domain.uuid}`;
  const before = valid.get(key) ?? validThere(contentOf(observed, action), action.domain.uuid);
  valid.set(key, before + count);
  return before + count;
}

function validThere(content: ObservedMirrorContent | null, uuid: DomainUuid): number {
  let valid = 0;
  for (const directory of content?.directories ?? []) {
    if (directory.uuid !== uuid) continue;
    for (const { points } of directory.chains) {
      valid += points.filter(({ fault }) => fault === undefined).length;
    }
  }
  return valid;
}

/** I5, I6, I7 at a mirror. */
function hideSteps(
  walk: Walk,
  action: HideCopies,
  there: ObservedMirrorDirectory | null,
  floors: ReadonlyMap<string, number>,
): readonly PlanProblem[] {
  const chain = chainThere(there, action.chain);
  if (chain === undefined) return [problem('I7', action, 'is not at the mirror')];
  const places = new Set(action.points.map(({ directory }) => directory));
  const isExact =
    places.size === chain.points.length &&
    chain.points.every((point) => places.has(placeOfPoint(point)));
  const isHeld = chain.held || chain.points.some(({ held }) => held === true);
  const lost = wholeAt(walk, action, there).size;
  const left = addValid(walk, action, -lost);
  const floor = Math.max(1, floors.get(action.mirror.name) ?? 1);
  return [
    ...(isExact ? [] : [problem('I6', action, 'does not name exactly the points of its chain')]),
    ...(isHeld ? [problem('G205', action, 'is held')] : []),
    ...(walk.copied.has(keyOf(action))
      ? [problem('I6', action, 'deletes what the same plan copies')]
      : []),
    ...(lost > 0 && left < floor
      ? [problem('I5', action, `leaves ${left} valid points, ${floor} must stay`)]
      : []),
    ...(action.mirror.deletes === 'never'
      ? [problem('deletes-never', action, 'deletes where the policy gives no right to')]
      : []),
  ];
}

/** What is checked is there, and was not found faulty before. */
function checkProblems(
  action: VerifyCopies,
  there: ObservedMirrorDirectory | null,
): readonly PlanProblem[] {
  const isThere = action.points.every(({ chain, directory }) =>
    chainThere(there, chain)?.points.some(
      (point) => placeOfPoint(point) === directory && point.fault === undefined,
    ),
  );
  return isThere && action.points.length > 0
    ? []
    : [problem('I7', action, 'checks what is no valid copy there')];
}

/** Only what is deleted, known since when, unheld, and not copied again. */
function purgeProblems(
  walk: Walk,
  action: PurgeCopies,
  there: ObservedMirrorDirectory | null,
): readonly PlanProblem[] {
  const deleted = (there?.deleted ?? []).filter(({ chain }) => chain === action.chain);
  const copied = walk.copied.get(keyOf(action));
  const isRight = action.points.every(({ directory }) =>
    deleted.some((point) => point.pointDirectory === directory && point.deletedAt !== null),
  );
  return [
    ...(isRight && action.points.length > 0
      ? []
      : [problem('I7', action, 'removes what is not deleted there')]),
    ...(deleted.some(({ held }) => held === true) ? [problem('G205', action, 'is held')] : []),
    ...(action.points.some(({ directory }) => copied?.has(directory) === true)
      ? [problem('I6', action, 'removes what the same plan copies')]
      : []),
    ...(action.mirror.deletes === 'never'
      ? [problem('deletes-never', action, 'deletes where the policy gives no right to')]
      : []),
  ];
}
