import type { Restore } from '../model/restore-action.ts';
import type { ModelHost } from './model-host.ts';
import { type ModelImage, type Version, versionsOf } from './model-image.ts';
import { sameVersions } from './model-images.ts';
import type { LoopResult } from './run-loop.ts';
import { keyOf, nameOf, type Oracle, type Scene, type Violation } from './scene.ts';
import type { DomainDeed, Step } from './story.ts';
import type { World } from './world.ts';

/** The restores that a run was to do, and whether it said that it had. */
function restoresOf({ plan, events }: LoopResult): readonly { action: Restore; isDone: boolean }[] {
  const done = new Set(
    events.flatMap((event) =>
      event.kind === 'action-finished' && event.outcome.code === 'done' ? [event.action] : [],
    ),
  );
  return (plan?.actions ?? []).flatMap((action) =>
    action.kind === 'restore' ? [{ action, isDone: done.has(action.id) }] : [],
  );
}

/** Whether an image has what a point has, but for what a guest wrote since. */
function isRestored(
  image: ModelImage | null,
  wanted: readonly Version[],
  bornBefore: number,
): boolean {
  const now = image === null ? null : versionsOf(image);
  return (
    now?.length === wanted.length &&
    now.every((version, block) => version === wanted[block] || version > bornBefore)
  );
}

/** I1: what a finished restore wrote is what the disk was at the point's instant, but for what a guest wrote since. */
const restoresRight: Oracle = ({ results, world, bornBefore }) =>
  results.flatMap((result) =>
    restoresOf(result).flatMap(({ action, isDone }) => {
      if (!isDone) return [];
      const truth = world.host.truthOf(action.domain.uuid, action.point);
      return action.images.flatMap(({ target, to }) => {
        const was = truth?.disks.get(target);
        const image = world.host.images.at(world.host, to);
        const now = image === null ? null : versionsOf(image);
        return was !== undefined && isRestored(image, was, bornBefore)
          ? []
          : [`${action.id} is done, and ${to} reads [${now?.join(' ')}], not [${was?.join(' ')}]`];
      });
    }),
  );

/** No run loses an image of a domain: it is where it was, or under the name that a plan gave it. */
const losesNoImage: Oracle = ({ imagesBefore, world: { host } }) => {
  const now = host.images.below(host.files, '/images');
  return [...imagesBefore]
    .filter(([image]) => image.isOurs !== true && !now.has(image))
    .map(([, path]) => `the image that was at ${path} is gone`);
};

/**
 * What a finished restore brought stays: nobody puts an older image back over it. Where another restore in
 * place was begun and not reported as done, nothing may be there: what was is set aside. `restore-rest` sees to
 * it that it is back at rest, itself or what that restore was to bring.
 */
const staysRestored: Oracle = ({ results, world: { host, restored, attempts } }) => {
  const begun = results.flatMap(restoresOf).flatMap(({ action, isDone }) => {
    return isDone || action.mode !== 'in-place' ? [] : action.images.map(({ to }) => to);
  });
  const earlier = [...attempts.values()].flatMap(({ images }) => images.map(({ to }) => to));
  const attempted = new Set([...begun, ...earlier]);
  return [...restored].flatMap(([path, { inode }]) => {
    const now = host.images.at(host, path);
    const isRight = now === null ? attempted.has(path) : now.inode >= inode;
    return isRight ? [] : [`${path} was restored, and is not any more`];
  });
};

/** A chain that was brought back from the trash is there, held, and its points count again. */
const bringsBack: Oracle = ({ before, after, world }) =>
  world.broughtBack.flatMap(({ disk, trash }) =>
    before
      .filter((point) => point.disk === disk && point.trash === trash && point.isValid)
      .filter(
        (point) =>
          !after.some(
            (one) => keyOf(one) === keyOf(point) && !one.isTrash && one.isValid && one.isHeld,
          ),
      )
      .map((point) => `${nameOf(point)} was brought back from the trash, and does not count`),
  );

/** Oracles of what people ask for by name. */
export const restoreOracles: readonly { readonly id: string; readonly oracle: Oracle }[] = [
  { id: 'restore', oracle: restoresRight },
  { id: 'restore-images', oracle: losesNoImage },
  { id: 'restore-stays', oracle: staysRestored },
  { id: 'trash-restore', oracle: bringsBack },
];

/** Images that a run may rename, and not lose. */
export function imagesOf({ kind }: Step, host: ModelHost): ReadonlyMap<ModelImage, string> {
  return kind === 'ask' || kind === 'apply'
    ? host.images.below(host.files, '/images')
    : new Map<ModelImage, string>();
}

/** Remembers what was restored, and what was begun and not reported as done. */
export function noteRestores({ results, world, imagesBefore, bornBefore }: Scene): void {
  const { host, attempts, restored } = world;
  const before = new Map([...imagesBefore].map(([image, path]) => [path, image]));
  for (const { action, isDone } of results.flatMap(restoresOf)) {
    const { uuid } = action.domain;
    if (isDone) {
      // One under another name, or of images alone, leaves the domain as a killed one left it.
      if (action.mode === 'in-place') attempts.delete(uuid);
      for (const { to } of action.images) {
        const image = host.images.at(host, to);
        if (image !== null) restored.set(to, image);
      }
    } else if (action.mode === 'in-place') {
      const truth = host.truthOf(uuid, action.point);
      const images = action.images.map(({ to, target }) => {
        const wanted = truth?.disks.get(target) ?? [];
        const now = host.images.at(host, to);
        const isNew = now?.isOurs === true && isRestored(now, wanted, bornBefore);
        return { to, old: before.get(to) ?? null, wanted, placed: isNew ? now : null };
      });
      attempts.set(uuid, { images });
    }
  }
}

/** What people did to a domain's power or disks is no deed of a restore. */
export function forgetRestores({ host, attempts, restored }: World, deed: DomainDeed): void {
  if (deed === 'write' || deed === 'write-all') return;
  attempts.clear();
  for (const [path, image] of restored) {
    if (host.images.at(host, path) !== image) restored.delete(path);
  }
}

const violation = (message: string): Violation => ({ id: 'restore-rest', message });

/**
 * At rest every disk has an image; a restore in place that nobody reported as done has left all the old
 * ones or all the new ones; and nothing is there that a restore wrote for itself.
 */
export function unrestored({ host, attempts }: World): readonly Violation[] {
  const half = [...attempts].flatMap(([uuid, { images }]) => {
    const domain = host.domain(uuid);
    if (domain?.state !== 'off') return [];
    const found = images.map(({ to }) => host.images.at(host, to));
    const isOld = images.every(({ old }, index) => found[index] === old);
    // One that was in its place when the restore died may have been started, and a guest wrote to it since.
    const isNew = images.every(({ wanted, placed }, index) => {
      const image = found[index];
      if (image?.isOurs !== true) return false;
      return image === placed || sameVersions(versionsOf(image), wanted);
    });
    return isOld || isNew ? [] : [violation(`${domain.name} is neither as it was nor restored`)];
  });
  const gone = host.domains.flatMap(({ name, disks }) =>
    disks
      .filter(({ image }) => image.isGone === true)
      .map(({ image }) => violation(`${name} has nothing at ${image.path}`)),
  );
  const left = host.files
    .tree('/images')
    .filter(([path]) => path.includes('.restoring-'))
    .map(([path]) => violation(`${path} is left`));
  return [...half, ...gone, ...left];
}
