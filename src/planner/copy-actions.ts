import { addressOf, onMirror } from '../model/address.ts';
import type { CopyPoints } from '../model/copy-action.ts';
import type { Instant } from '../model/instant.ts';
import type { Reason } from '../model/reason.ts';
import type { ChainBeside, MissingPoint } from './chains-beside.ts';
import type { CopyQuestion } from './copy-question.ts';
import { byText } from './order.ts';

/**
 * The actions that bring one chain to a mirror: one for what the store has
 * already, and one for the point of this plan's own backup, so that a backup
 * that fails or waits keeps no older point from being copied.
 */
export function copiesOfChain(
  question: CopyQuestion,
  chain: ChainBeside,
  dueAt: Instant | null,
): readonly CopyPoints[] {
  const old = chain.missing.filter(({ planned }) => !planned);
  const made = chain.missing.filter(({ planned }) => planned);
  const due: readonly Reason[] = dueAt === null ? [] : [{ code: 'mirror-due', facts: { dueAt } }];
  const first =
    old.length === 0 ? [] : [copyOf(question, chain, old, [...why(question, chain, old), ...due])];
  const [point] = made;
  if (point === undefined || question.backup === null) return first;
  const after = copyOf(question, chain, made, [
    { code: 'after-backup', facts: { address: question.backup.address } },
    ...due,
  ]);
  const { sequence } = point.point;
  return [
    ...first,
    {
      ...after,
      id: `${after.id}:${sequence}`,
      address: onMirror(question.mirror.name, addressOf(question.domain.name, chain.id, sequence)),
      dependsOn: [question.backup.id, ...first.map(({ id }) => id)],
    },
  ];
}

function copyOf(
  { domain: { uuid, name }, mirror, directory, there }: CopyQuestion,
  { id: chain }: ChainBeside,
  points: readonly MissingPoint[],
  reasons: readonly Reason[],
): CopyPoints {
  const store = mirror.store.ref;
  if (mirror.ref === null || store === null) throw new Error(`${mirror.name} was not seen`);
  // Where no manifest tells whose the copies are, those that are cut off are replaced too.
  const place = `domains/${directory}`;
  const isUnread = mirror.content?.unreadable.some(({ path }) => path === place) === true;
  const places = new Set(points.map(({ point }) => point.directory));
  const begun = (there?.partial ?? []).reduce(
    (sum, one) => sum + (one.chain === chain && places.has(one.pointDirectory) ? one.bytes : 0),
    0,
  );
  const damaged = points.flatMap(({ point, isMarked }) => (isMarked ? [point.directory] : []));
  return {
    kind: 'copy-points',
    id: `copy-points:${mirror.name}:${store.name}:${uuid}:${chain}`,
    wave: 30,
    address: onMirror(mirror.name, addressOf(name, chain)),
    dependsOn: [],
    reasons,
    place: mirror.desired.place,
    blockedBy: [],
    bytes: bytesOf(points, begun),
    domain: { uuid, name },
    store,
    mirror: mirror.ref,
    directory,
    chain,
    points: points.map(({ point }) => point),
    compare: points.some(({ heals }) => heals !== null) || isUnread ? 'content' : 'quick',
    ...(damaged.length === 0 ? {} : { damaged }),
  };
}

/** What is to travel; null when a point's size is not known yet. */
function bytesOf(points: readonly MissingPoint[], begun: number): number | null {
  let sum = 0;
  for (const { point } of points) {
    if (point.bytes === null) return null;
    sum += point.bytes;
  }
  return Math.max(0, sum - begun);
}

/** Why points of the store are copied: they are not there, not whole there, or were begun. */
function why(
  { there }: CopyQuestion,
  { id }: ChainBeside,
  points: readonly MissingPoint[],
): readonly Reason[] {
  const faults = points.flatMap(({ heals }) => (heals === null ? [] : [heals]));
  const absent = points.length - faults.length;
  const places = new Set(points.map(({ point }) => point.directory));
  const begun = (there?.partial ?? []).filter(
    ({ chain, pointDirectory }) => chain === id && places.has(pointDirectory),
  );
  return [
    ...(faults.length === 0
      ? []
      : [
          {
            code: 'copy-faulty',
            facts: {
              points: faults.length,
              faults: [...new Set(faults)].toSorted(byText).join(', '),
            },
          },
        ]),
    ...(begun.length === 0
      ? []
      : [
          {
            code: 'copy-interrupted',
            facts: { bytes: begun.reduce((sum, { bytes }) => sum + bytes, 0) },
          },
        ]),
    ...(absent === 0 ? [] : [{ code: 'not-at-mirror', facts: { points: absent } }]),
  ];
}
