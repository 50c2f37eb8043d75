import { quarantineName } from '../store/layout.ts';
import { copiesOf, copyKeyOf, copyName, parentAt, type StoredCopy } from './copies.ts';
import { fourRuns } from './four-runs.ts';
import { inventoryOf, type StoredPoint } from './inventory.ts';
import { sameVersions } from './model-images.ts';
import { storeOf } from './model-policy.ts';
import { isWholeAsWritten } from './point-truth.ts';
import type { Violation } from './scene.ts';
import type { StoryRun } from './story-run.ts';
import type { Step } from './story.ts';

/**
 * Liveness of the checks of copies: where they are checked each hour, what is damaged there is not called
 * valid a day later, and what the store has whole is whole there again, byte for byte.
 */
export async function findsCopyDamage(run: StoryRun, quiet: Step): Promise<readonly Violation[]> {
  const { world } = run;
  const { host } = world;
  const before = copiesOf(host);
  if (!before.some((copy) => world.damagedCopies.has(copyKeyOf(copy)))) return [];
  const bad = new Set(before.flatMap((copy) => (copy.isIntact ? [] : [copyKeyOf(copy)])));
  const verification = { everySeconds: 3600, depth: 'hash' } as const;
  // What is kept for ever, and copied at once, is wanted there for certain.
  const change = { cron: null, keep: null, verification };
  const mirrors = world.policy.mirrors.map((one) => ({ ...one, ...change }));
  world.policy = { ...world.policy, mirrors };
  host.pass(7200);
  const barred = await fourRuns(run, quiet);
  if (barred === null) return [];
  const copies = copiesOf(host);
  const points = inventoryOf(host).filter(({ isTrash }) => !isTrash);
  return copies.flatMap((copy): readonly Violation[] => {
    const line = lineOf(copy, copies);
    if (copy.isIntact && bad.has(copyKeyOf(copy)) && line.every((one) => one.isIntact)) {
      return readsBack(run, copy)
        ? []
        : [{ id: 'copy-check', message: `${copyName(copy)} was mended, and does not read back` }];
    }
    if (copy.isIntact || copy.isHidden || !isManaged(run, copy, barred)) return [];
    if (copy.isValid && line.every((one) => !isMarked(run, one))) {
      return [
        { id: 'copy-check', message: `${copyName(copy)} is damaged, and nobody has found it` },
      ];
    }
    return isGiven(run, line, points)
      ? [{ id: 'copy-check', message: `${copyName(copy)} is damaged, and the store has it whole` }]
      : [];
  });
}

/** Whether a restore of the copy gives back the disks as they were at its instant. */
function readsBack({ world }: StoryRun, { uuid, manifest, content }: StoredCopy): boolean {
  const truth = world.host.truthOf(uuid, manifest.point);
  return [...content].every(([target, versions]) => {
    const was = truth?.disks.get(target);
    return versions !== null && was !== undefined && sameVersions(versions, was);
  });
}

/** Whether a plan looks after the copy: its domain is copied there, and its store is the one that the policy names. */
function isManaged(
  { world: { policy, host } }: StoryRun,
  { mirror, uuid, store }: StoredCopy,
  barred: ReadonlySet<string>,
): boolean {
  if (policy.left.has(uuid) || policy.ignored.has(uuid)) return false;
  if (!host.domains.some((one) => one.uuid === uuid)) return false;
  const place = storeOf(policy, uuid);
  const disk = host.realPath(place.path);
  return (
    policy.mirrors.some(({ name }) => name === mirror) &&
    !barred.has(`store/${place.name}`) &&
    inventoryOf(host).some((point) => point.disk === disk && point.manifest.store === store)
  );
}

/** A copy and all that it stands on there, itself first. */
function lineOf(copy: StoredCopy, copies: readonly StoredCopy[]): readonly StoredCopy[] {
  const parent = parentAt(copy, copies);
  return parent === undefined ? [copy] : [copy, ...lineOf(parent, copies)];
}

const isMarked = ({ world }: StoryRun, { mirror, path }: StoredCopy): boolean =>
  world.host.mirrors.find(({ name }) => name === mirror)?.files.has(`${path}/${quarantineName}`) ===
  true;

/** Whether the store has all of the line, valid and as it was written, and nothing else is wrong with it there. */
function isGiven(
  { world: { host, policy } }: StoryRun,
  line: readonly StoredCopy[],
  points: readonly StoredPoint[],
): boolean {
  const [last] = line.toReversed();
  if (last === undefined || last.manifest.parent !== null) return false;
  return line.every((copy) => {
    const disk = host.realPath(storeOf(policy, copy.uuid).path);
    const point = points.find(
      (one) =>
        one.disk === disk &&
        one.uuid === copy.uuid &&
        one.directory === copy.directory &&
        one.manifest.point === copy.manifest.point,
    );
    return point !== undefined && point.isValid && copy.isWhole && isWholeAsWritten(host, point);
  });
}
