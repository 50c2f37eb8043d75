import type { Action } from '../model/action.ts';
import { runnableActions, type Plan } from '../model/plan.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { copyKeyOf, copyName, parentAt, type StoredCopy } from './copies.ts';
import { sameVersions } from './model-images.ts';
import { desiredState, type ModelMirrorPolicy } from './model-policy.ts';
import { keyOf, type Oracle } from './scene.ts';

/** I1: what a mirrored chain gives back is what the disks were at the instant of its point. */
const readsBack: Oracle = ({ copiesAfter, world }) =>
  copiesAfter
    .filter((copy) => copy.isValid && !world.damagedCopies.has(copyKeyOf(copy)))
    .flatMap((copy) => {
      const truth = world.host.truthOf(copy.uuid, copy.manifest.point);
      const isSame = [...copy.content].every(([target, content]) => {
        const was = truth?.disks.get(target);
        return content !== null && was !== undefined && sameVersions(content, was);
      });
      return isSame ? [] : [`${copyName(copy)} does not read back`];
    });

/** A manifest there is a promise: its files are whole, and what it stands on is there. */
const isPoint: Oracle = ({ copiesAfter, world }) =>
  copiesAfter
    .filter((copy) => !copy.isHidden && !world.damagedCopies.has(copyKeyOf(copy)))
    .flatMap((copy) => [
      ...(copy.isWhole ? [] : [`${copyName(copy)} has its manifest, and not all its files`]),
      ...(copy.manifest.parent === null || parentAt(copy, copiesAfter) !== undefined
        ? []
        : [`${copyName(copy)} has no parent there`]),
    ]);

/** Nothing goes at a mirror but what a plan shows, first hidden, and only where this host may delete. */
const isKept: Oracle = ({ copiesBefore, copiesAfter, results, world }) => {
  const now = new Map(copiesAfter.map((copy) => [`${copy.mirror} ${copy.path}`, copy]));
  const shown = new Set(
    results.flatMap(({ plan }) => (plan === null ? [] : deletionsIn(plan).map(deletionKey))),
  );
  return copiesBefore.flatMap((copy) => {
    const { mirror, store, directory, chain } = copy;
    const there = now.get(`${mirror} ${copy.path}`);
    const isAsBefore = there !== undefined && (copy.isHidden || !there.isHidden);
    if (isAsBefore) return [];
    const rule = policyOf(world.policy.mirrors, mirror);
    if (rule === undefined || rule.deletes === 'never') {
      return [`${copyName(copy)} is gone, and nothing may be deleted there`];
    }
    const kind = copy.isHidden ? 'purge-copies' : 'hide-copies';
    if (!shown.has(`${kind} ${mirror} ${store} ${directory} ${chain}`)) {
      return [`${copyName(copy)} is gone, and no plan shows it`];
    }
    if (!copy.isHidden && rule.keep === null) return [`${copyName(copy)} was deleted by no rule`];
    if (copy.isHidden) return [];
    const isPast = there === undefined || (copy.isWhole && !there.isWhole);
    return isPast ? [`${copyName(copy)} was deleted past the trash there`] : [];
  });
};

type Deletion = Extract<Action, { readonly kind: 'hide-copies' | 'purge-copies' }>;

function deletionsIn(plan: Plan): readonly Deletion[] {
  return runnableActions(plan).flatMap((action) =>
    action.kind === 'hide-copies' || action.kind === 'purge-copies' ? [action] : [],
  );
}

function deletionKey({ kind, mirror, directory, chain }: Deletion): string {
  return `${kind} ${mirror.name} ${mirror.store} ${directory} ${chain}`;
}

function policyOf(
  mirrors: readonly ModelMirrorPolicy[],
  name: string,
): ModelMirrorPolicy | undefined {
  return mirrors.find((one) => one.name === name);
}

const placeOf = ({ mirror, store, uuid }: StoredCopy): string => `${mirror} ${store} ${uuid}`;

const restorable = (copies: readonly StoredCopy[]): readonly StoredCopy[] =>
  copies.filter(({ isHidden, isValid }) => !isHidden && isValid);

/** I5 there: a deletion leaves the floor, and the newest points that the mirror's own rule keeps. */
const keepsFloor: Oracle = ({ copiesBefore, copiesAfter, world }) => {
  const before = restorable(copiesBefore).filter(
    (copy) => !world.damagedCopies.has(copyKeyOf(copy)),
  );
  // What nobody can have found counts for whoever counts: copies are checked by hand alone, until a story has ended.
  const after = restorable(copiesAfter);
  return [...new Set(before.map(placeOf))].flatMap((place) => {
    const [was, is] = [before, after].map((all) => all.filter((one) => placeOf(one) === place));
    const [first] = was ?? [];
    const rule = policyOf(world.policy.mirrors, first?.mirror ?? '');
    const had = was?.length ?? 0;
    const floor = Math.min(had, rule?.minPoints ?? had);
    const has = is?.length ?? 0;
    if (has < floor) return [`${place} has ${has} valid copies, and had ${had}`];
    const last = rule?.keep?.last;
    if (rule === undefined || last === undefined) return [];
    const known = new Map([...(was ?? []), ...(is ?? [])].map((one) => [one.manifest.point, one]));
    const newest = [...known.values()]
      .toSorted((a, b) => (a.manifest.frozenAt < b.manifest.frozenAt ? 1 : -1))
      .slice(0, last);
    const ids = new Set(is?.map((one) => one.manifest.point));
    return newest
      .filter((one) => !ids.has(one.manifest.point))
      .map((one) => `${copyName(one)} is one of the last ${last} there, and was deleted`);
  });
};

/** What people put there stays, and what they hold is not deleted. */
const isForeign: Oracle = ({ copiesBefore, copiesAfter, world }) => {
  const hidden = new Set(
    copiesAfter.flatMap(({ isHidden, mirror, path }) => (isHidden ? [`${mirror} ${path}`] : [])),
  );
  const held = copiesBefore.filter(
    ({ isHeld, isHidden, mirror, path }) => isHeld && !isHidden && hidden.has(`${mirror} ${path}`),
  );
  const files = [...world.foreignCopies].filter(([key, text]) => {
    const [name, path = ''] = key.split(' ');
    return world.host.mirrors.find((one) => one.name === name)?.files.get(path)?.text !== text;
  });
  return [
    ...held.map((copy) => `${copyName(copy)} is held there, and deleted`),
    ...files.map(([key]) => `${key} was changed or removed`),
  ];
};

/** I4 there: nothing is planned at a mirror that was not seen. */
const unseenIsNotEmpty: Oracle = ({ step, results, world }) => {
  if (step.kind !== 'apply') return [];
  const isLost = step.lies.includes('mirror-fails');
  const isBlind = isLost || step.lies.includes('mirror-empty');
  const away = new Set(world.host.mirrors.flatMap(({ isAway, name }) => (isAway ? [name] : [])));
  return results.flatMap(({ plan }, index) => {
    if (plan === null) return [];
    const isFirst = index === 0;
    return [
      ...deletionsIn(plan).filter(({ mirror }) => (isBlind && isFirst) || away.has(mirror.name)),
      ...workThere(plan).filter(({ mirror }) => (isLost && isFirst) || away.has(mirror.name)),
    ].map(({ id }) => `${id} was planned although the mirror was not seen`);
  });
};

/** Copies and heals, but those of a store that the plan makes: its id is known nowhere else, nobody need look. */
function workThere(plan: Plan): readonly Extract<Action, { kind: 'copy-points' | 'heal' }>[] {
  const actions = runnableActions(plan);
  const made = new Set(
    actions.flatMap((action) => (action.kind === 'create-store' ? [action.store.id] : [])),
  );
  return actions.flatMap((action) =>
    (action.kind === 'copy-points' || action.kind === 'heal') && !made.has(action.mirror.store)
      ? [action]
      : [],
  );
}

/** I9: a plan without mirrors has the same work on this host; and no failure there stops any of it. */
const hindersNothing: Oracle = ({ results, world }) =>
  results.flatMap(({ observed, plan, report, asked }) => {
    if (observed === null || plan?.purpose !== 'policy') return [];
    const { policy } = world;
    if (policy.mirrors.length === 0) return [];
    const alone = { ...observed, mirrors: [] };
    const without = planPolicy(desiredState({ ...policy, mirrors: [] }, alone), alone, asked);
    const has = new Set(workHere(plan));
    const missing = workHere(without).filter((id) => !has.has(id));
    const byId = new Map(plan.actions.map((action) => [action.id, action]));
    const skipped = (report?.actions ?? []).flatMap(({ id, outcome }) => {
      if (outcome.code !== 'skipped') return [];
      const [action, cause] = [byId.get(id), byId.get(outcome.because)];
      if (action === undefined || cause === undefined || !('mirror' in cause)) return [];
      // The plan counted copies that a check found damaged: nothing of that domain goes, not from the store's trash either.
      const isOfCheck =
        cause.kind === 'verify-copies' &&
        action.wave === 90 &&
        'domain' in action &&
        action.domain.uuid === cause.domain.uuid;
      if (isOfCheck) return [];
      const isFree =
        'mirror' in action
          ? action.mirror.name !== cause.mirror.name
          : action.kind !== 'trash-chain' || action.domain.uuid !== cause.domain.uuid;
      return isFree ? [`${id} was skipped because of ${cause.id}`] : [];
    });
    return [...missing.map((id) => `${id} is not done, for there is a mirror`), ...skipped];
  });

/** What a plan does on this host, but for deletions, which may wait for a copy. */
function workHere(plan: Plan): readonly string[] {
  return runnableActions(plan).flatMap((action) =>
    'mirror' in action || action.kind === 'trash-chain' ? [] : [action.id],
  );
}

/** G207: what a mirror is to keep is there before the store lets it go. */
const isNotOnly: Oracle = ({ step, before, after, copiesBefore, copiesAfter, results, world }) => {
  if (step.kind !== 'apply' || step.beside !== 'nobody') return [];
  // A look that shows what was there once, or what is not there, cannot be seen through.
  if (step.lies.some((lie) => lie.startsWith('mirror-'))) return [];
  return results.flatMap(({ plan, events }) =>
    events.flatMap((event) => {
      if (event.kind !== 'action-finished' || event.outcome.code !== 'done') return [];
      const action = plan?.actions.find(({ id }) => id === event.action);
      if (action?.kind !== 'trash-chain') return [];
      const disk = world.host.realPath(action.store.path);
      const own = before.filter(
        (point) =>
          point.disk === disk &&
          !point.isTrash &&
          point.uuid === action.domain.uuid &&
          point.isValid &&
          !world.damaged.has(keyOf(point)),
      );
      return world.policy.mirrors.flatMap((mirror) => {
        const at = [...copiesBefore, ...copiesAfter].filter(
          (copy) =>
            copy.mirror === mirror.name &&
            copy.store === action.store.id &&
            copy.uuid === action.domain.uuid &&
            !copy.isHidden,
        );
        // The rule is asked over what there is once the run is done, its own new point among it (G208).
        const now = after.filter(
          (point) =>
            point.disk === disk &&
            !point.isTrash &&
            point.uuid === action.domain.uuid &&
            point.isValid,
        );
        const wanted = wantedOf(mirror, [...own, ...now, ...at]);
        const there = new Set(copiesAfter.filter((copy) => at.includes(copy)).map(pointOf));
        return own
          .filter(({ chain }) => chain === action.chain)
          .filter((point) => wanted.has(pointOf(point)) && !there.has(pointOf(point)))
          .map((point) => `${pointOf(point)} went, and ${mirror.name} wants it and has it not`);
      });
    }),
  );
};

const pointOf = ({ manifest }: { readonly manifest: StoredCopy['manifest'] }): string =>
  manifest.point;

/** What a mirror's rule keeps for certain: all, or the last few. */
function wantedOf(
  { keep }: ModelMirrorPolicy,
  points: readonly { readonly manifest: StoredCopy['manifest'] }[],
): ReadonlySet<string> {
  const known = new Map(points.map((point) => [pointOf(point), point.manifest]));
  const newest = [...known.values()].toSorted((a, b) => (a.frozenAt < b.frozenAt ? 1 : -1));
  return new Set(
    newest.slice(0, keep === null ? undefined : (keep.last ?? 0)).map(({ point }) => point),
  );
}

/** What a run says that it has copied is there. */
const isCopied: Oracle = ({ step, results, copiesAfter }) => {
  if (step.kind !== 'apply' || step.beside !== 'nobody') return [];
  const live = new Set(
    copiesAfter.flatMap((copy) =>
      copy.isHidden
        ? []
        : [`${copy.mirror} ${copy.store} ${copy.directory} ${copy.chain} ${copy.manifest.point}`],
    ),
  );
  return results.flatMap(({ plan, events }) =>
    events.flatMap((event) => {
      if (event.kind !== 'action-finished') return [];
      if (event.outcome.code !== 'done' && event.outcome.code !== 'already') return [];
      const action = plan?.actions.find(({ id }) => id === event.action);
      if (action?.kind !== 'copy-points') return [];
      const { mirror, directory, chain } = action;
      return action.points
        .filter(({ id }) => !live.has(`${mirror.name} ${mirror.store} ${directory} ${chain} ${id}`))
        .map(({ id }) => `${action.id} is done, and ${id} is not there`);
    }),
  );
};

/** Oracles that look at mirrors. */
export const mirrorOracles: readonly { readonly id: string; readonly oracle: Oracle }[] = [
  { id: 'mirror-reads-back', oracle: readsBack },
  { id: 'mirror-point', oracle: isPoint },
  { id: 'mirror-kept', oracle: isKept },
  { id: 'mirror-floor', oracle: keepsFloor },
  { id: 'mirror-foreign', oracle: isForeign },
  { id: 'mirror-unseen', oracle: unseenIsNotEmpty },
  { id: 'mirror-copied', oracle: isCopied },
  { id: 'I9', oracle: hindersNothing },
  { id: 'G207', oracle: isNotOnly },
];
