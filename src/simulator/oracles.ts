import type { RunReport } from '../executor/run-report.ts';
import { destructiveKinds } from '../model/action.ts';
import { runnableActions } from '../model/plan.ts';
import { domainOracles } from './domain-oracles.ts';
import { drillOracles } from './drill-oracles.ts';
import { parentOf, type StoredPoint } from './inventory.ts';
import { isKept } from './kept-oracle.ts';
import { mirrorOracles } from './mirror-oracles.ts';
import { secret } from './model-definition.ts';
import { sameVersions } from './model-images.ts';
import { restoreOracles } from './restore-oracles.ts';
import { isQuiet, keyOf, nameOf, type Oracle, type Scene, type Violation } from './scene.ts';
import { takenBack } from './ways-back.ts';

/** I1: what a restorable point gives back is what the disks were at its instant. */
const readsBack: Oracle = ({ after, world }) =>
  after
    .filter((point) => point.isValid && !world.damaged.has(keyOf(point)))
    .flatMap((point) => {
      const truth = world.host.truthOf(point.uuid, point.manifest.point);
      if (truth === null) return [`${nameOf(point)} was never taken`];
      return [...point.content].flatMap(([target, content]) => {
        const was = truth.disks.get(target);
        const isSame = content !== null && was !== undefined && sameVersions(content, was);
        return isSame
          ? []
          : [
              `${nameOf(point)}: ${target} reads [${content?.join(' ')}], and was [${was?.join(' ')}]`,
            ];
      });
    });

/** I2: the base of an increment is the checkpoint of its published parent. */
const countsFromParent: Oracle = ({ after, results }) =>
  results.flatMap(({ plan, report }) =>
    (plan?.actions ?? []).flatMap((action) => {
      if (action.kind !== 'backup' || action.parent === null) return [];
      // A refused one wrote nothing: the point of its name is another agent's.
      const outcome = report?.actions.find(({ id }) => id === action.id)?.outcome.code;
      if (outcome === 'stale' || outcome === 'failed') return [];
      const point = after.find(
        ({ manifest, uuid, isTrash }) =>
          !isTrash && manifest.point === action.point && uuid === action.domain.uuid,
      );
      if (point === undefined) return [];
      const parent = parentOf(point, after);
      const bases = action.disks.flatMap(({ base }) => (base === null ? [] : [base]));
      const isRight = bases.every((base) => base === parent?.manifest.checkpoint);
      return isRight ? [] : [`${nameOf(point)} counts from ${bases.join()}, not from its parent`];
    }),
  );

/** I3: after a run in which nothing went wrong, planning again gives nothing. */
const converges: Oracle = (scene) =>
  isQuiet(scene)
    ? scene.results.flatMap(({ report, plan, left }) => {
        const outcomes = report?.actions.map(({ outcome }) => outcome.code) ?? ['failed'];
        if (!outcomes.every((code) => code === 'done' || code === 'already')) return [];
        // What a guard blocked may be free once the others are done: the next run does it.
        const blocked = new Set(
          plan?.actions.flatMap(({ id, blockedBy }) => (blockedBy.length > 0 ? [id] : [])),
        );
        // Bitmaps in images are seen of domains that are off only: of one that this run put off, by the next one.
        const putOff = (plan?.actions ?? []).flatMap((action) =>
          action.kind === 'restore-power-state' ? [action.domain.uuid] : [],
        );
        const isSeenOnlyNow = (id: string): boolean =>
          /^(drop|redefine)-checkpoint:/.test(id) && putOff.some((uuid) => id.includes(uuid));
        // The copy and the drill of a point that a guard kept from being taken are planned with it.
        const notTaken = (plan?.actions ?? []).flatMap((action) =>
          action.kind === 'backup' && action.blockedBy.length > 0 ? [action.domain.uuid] : [],
        );
        const isOfBlocked = (id: string): boolean =>
          /^(copy-points|drill):/.test(id) && notTaken.some((uuid) => id.includes(uuid));
        const more = left.filter(
          (id) => !blocked.has(id) && !isSeenOnlyNow(id) && !isOfBlocked(id),
        );
        return more.length > 0 ? [`all was done, and there is left: ${more.join()}`] : [];
      })
    : [];

/** I4: where something was not seen, nothing is deleted. */
const unseenIsNotEmpty: Oracle = ({ step, results, world }) => {
  if (step.kind !== 'apply') return [];
  const blind = ['hypervisor-fails', 'journals-unlisted', 'store-unlisted', 'domains-unlisted'];
  const partly = ['one-domain-unseen'];
  const [first] = world.host.domains;
  // The one beside it was told the truth.
  return results.slice(0, 1).flatMap(({ plan }) =>
    (plan === null ? [] : runnableActions(plan))
      .filter(({ kind }) => destructiveKinds.has(kind))
      .filter(
        (action) =>
          step.lies.some((lie) => blind.includes(lie)) ||
          // What is in a store is seen all the same.
          (step.lies.includes('checkpoints-unseen') &&
            action.kind === 'drop-checkpoint' &&
            action.domain.uuid === first?.uuid) ||
          // G213: what stands on the chain is not known.
          (step.lies.includes('images-unseen') && action.kind === 'trash-chain') ||
          (step.lies.some((lie) => partly.includes(lie)) &&
            'domain' in action &&
            action.domain.uuid === first?.uuid),
      )
      .map(({ id }) => `${id} was planned although ${step.lies.join()}`),
  );
};

/**
 * I5: a deletion never leaves a domain with fewer valid points than its floor. What counts as valid is what the
 * design calls so: whole in names and sizes, and not in quarantine. A flipped bit that no check has read yet changes none of
 * that, so a point with one counts afterwards for a planner that cannot know; damage that is found, in this run too, counts
 * against it at once. Of what there was before only undamaged points count: to find the damage of others is no deletion.
 */
const keepsFloor: Oracle = (scene) => {
  const { before, after, world } = scene;
  const unsure = takenBack(scene);
  // What a run never reported, and no deletion relied on, a crash may take back.
  const had = countedOf(
    before,
    (key) => world.acknowledged.has(key) && !world.damaged.has(key) && !unsure.has(key),
  );
  const now = countedOf(after, () => true);
  return [...had].flatMap(([key, count]) => {
    const floor = Math.min(count, world.policy.minPoints);
    const left = now.get(key) ?? 0;
    return left >= floor ? [] : [`${key} has ${left} valid points, and had ${count}`];
  });
};

/** How many live, valid points of each domain there are on each disk. */
function countedOf(
  points: readonly StoredPoint[],
  isCounted: (key: string) => boolean,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const point of points) {
    if (point.isTrash || !point.isValid || !isCounted(keyOf(point))) continue;
    const key = `${point.uuid} on ${point.disk}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** I6: what a live point stands on is there. */
const hasParents: Oracle = ({ after, world }) =>
  after
    .filter((point) => point.manifest.parent !== null && !world.damaged.has(keyOf(point)))
    .filter((point) => !point.isTrash && parentOf(point, after) === undefined)
    .map((point) => `${nameOf(point)} has no parent any more`);

/** I7: what others put into stores and domains is as they left it; G205: what they held is not in the trash. */
const foreignIsForeign: Oracle = (scene) => {
  const { world, before, after } = scene;
  const unsure = takenBack(scene);
  const { host, foreignFiles, foreignCheckpoints } = world;
  const files = [...foreignFiles].filter(
    ([path, content]) => !isAt(host.files, path, content) && !isMoved(path, after),
  );
  const checkpoints = [...foreignCheckpoints].filter((key) => {
    const [uuid, name] = key.split(' ');
    const domain = host.domains.find((one) => one.uuid === uuid);
    return domain !== undefined && !domain.checkpoints.some((one) => one.name === name);
  });
  const held = before.filter(
    (point) =>
      point.isHeld &&
      !point.isTrash &&
      !unsure.has(keyOf(point)) &&
      after.some((one) => one.isTrash && keyOf(one) === keyOf(point)),
  );
  return [
    ...files.map(([path]) => `${path} was changed or removed`),
    ...checkpoints.map((key) => `checkpoint ${key} was dropped`),
    ...held.map((point) => `${nameOf(point)} is held, and in the trash`),
  ];
};

function isAt(files: Scene['world']['host']['files'], path: string, content: string): boolean {
  return files.look(path)?.kind === 'file' && files.read(path) === content;
}

/** A file in a chain goes to the trash with it: nothing of it is lost there. */
function isMoved(path: string, after: readonly StoredPoint[]): boolean {
  return after.some(({ isTrash, chain }) => isTrash && path.includes(`/${chain}/`));
}

/** I8: a failed action stops no other domain; a failed deletion stops the deletions after it. */
const failsAlone: Oracle = ({ results }) =>
  results.flatMap(({ plan, report, died }) => {
    if (plan === null || report === null || died) return [];
    const byId = new Map(plan.actions.map((action) => [action.id, action]));
    const domainOf = (id: string): string | null => {
      const action = byId.get(id);
      return action !== undefined && 'domain' in action ? action.domain.uuid : null;
    };
    const skipped = report.actions.flatMap(({ id, outcome }) => {
      if (outcome.code !== 'skipped' || byId.get(id)?.wave === 90) return [];
      const cause = domainOf(outcome.because);
      return cause !== null && cause !== domainOf(id)
        ? [`${id} was skipped because of ${outcome.because}`]
        : [];
    });
    const mirrorOf = (id: string): string | null => {
      const action = byId.get(id);
      return action !== undefined && 'mirror' in action ? action.mirror.name : null;
    };
    // Of mirrors each is a world of its own; several are at work at once.
    const deletions = report.actions.filter(({ id }) => byId.get(id)?.wave === 90);
    const stopped = [...new Set(deletions.map(({ id }) => mirrorOf(id)))].flatMap((mirror) =>
      doneAfterFailed(deletions.filter(({ id }) => mirrorOf(id) === mirror)),
    );
    return [...skipped, ...stopped];
  });

function doneAfterFailed(deletions: RunReport['actions']): readonly string[] {
  const failed = deletions.findIndex(({ outcome }) => outcome.code === 'failed');
  const later = failed === -1 ? [] : deletions.slice(failed + 1);
  return later.flatMap(({ outcome, id }) =>
    outcome.code === 'done' ? [`${id} was done after a failed deletion`] : [],
  );
}

/** I12: a definition's secret is in no plan, event or journal. */
const tellsNoSecret: Oracle = ({ results, world }) => {
  const told = results.flatMap(({ plan, events, report }) =>
    JSON.stringify([plan, events, report]).includes(secret)
      ? ['a plan or an event shows a secret']
      : [],
  );
  const journals = world.host.files
    .tree('/var/lib')
    .filter(([, content]) => content?.includes(secret) === true);
  return [...told, ...journals.map(([path]) => `${path} shows a secret`)];
};

/** The program never meets a fault of its own. */
const isSound: Oracle = ({ results }) =>
  results.flatMap(({ thrown, report, died }) => [
    ...(thrown === null ? [] : [thrown]),
    ...(died ? [] : (report?.actions ?? [])).flatMap(({ id, outcome }) =>
      outcome.code === 'failed' && outcome.failure.code === 'internal'
        ? [`${id}: ${outcome.failure.message}`]
        : [],
    ),
  ]);

/** Every oracle with the invariant of docs/safety.md that it watches.  */
export const oracles: readonly { readonly id: string; readonly oracle: Oracle }[] = [
  { id: 'I1-reads-back', oracle: readsBack },
  { id: 'I1-kept', oracle: isKept },
  { id: 'I2', oracle: countsFromParent },
  { id: 'I3', oracle: converges },
  { id: 'I4', oracle: unseenIsNotEmpty },
  { id: 'I5', oracle: keepsFloor },
  { id: 'I6', oracle: hasParents },
  { id: 'I7', oracle: foreignIsForeign },
  { id: 'I8', oracle: failsAlone },
  { id: 'I12', oracle: tellsNoSecret },
  { id: 'sound', oracle: isSound },
  ...domainOracles,
  ...mirrorOracles,
  ...restoreOracles,
  ...drillOracles,
];

/** Asks all of them. */
export function violationsOf(scene: Scene): readonly Violation[] {
  return oracles.flatMap(({ id, oracle }) => oracle(scene).map((message) => ({ id, message })));
}
