import { addSeconds } from '../../../src/model/instant.ts';
import type {
  ObservedChain,
  ObservedDirectory,
  ObservedPoint,
} from '../../../src/model/observed-store.ts';
import { chain, directory } from '../build-chain.ts';
import { domain, tracked } from '../build-domain.ts';
import { copies, mirrorMemoryFor, mirrorSeen } from '../build-mirror.ts';
import { day, gib, now } from '../build-policy.ts';
import { desiredOf, policyText, story, type SeenBeside, type Story } from './story.ts';

const web01 = domain(1, 'web01');
const db1 = domain(2, 'db1');
const night = '2026-11-22T01:00:00.000Z';

/** A chain of daily points up to last night's, each changed as wanted; `late`: that many days before. */
function points(
  count: number,
  change: (point: ObservedPoint, index: number) => ObservedPoint = (point) => point,
  late = 0,
): ObservedChain {
  const made = chain(addSeconds(night, -(count - 1 + late) * day), count);
  return { ...made, points: made.points.map(change) };
}

/** Found sound, every byte, so many days ago. */
const checked = (point: ObservedPoint, days: number): ObservedPoint => {
  const at = addSeconds(now, -days * day);
  return { ...point, checked: { structure: at, hash: at } };
};

const policy = (verify: string, store = ''): string =>
  policyText({
    keep: '{ chains: 4 }',
    store: `{ path: /backups${store} }`,
  }).replace('rpo: 26h', `rpo: 26h, verify: ${verify}`);

const told = (
  name: string,
  text: string,
  directories: readonly ObservedDirectory[],
  beside: SeenBeside = {},
): Story => {
  const domains = [web01, db1].flatMap((one) => {
    const own = directories.find(({ uuid }) => uuid === one.uuid);
    return own === undefined ? [] : [tracked(one, own)];
  });
  return story(name, text, domains, directories, beside);
};

/** The third of five points is in quarantine, and what stands on it not valid. */
const damaged = points(5, (point, index) =>
  index < 2
    ? checked(point, 2)
    : index === 2
      ? { ...point, fault: 'quarantined', damaged: ['vda.qcow2'] }
      : { ...point, fault: 'parent-faulty' },
);
const broken = directory(web01, [damaged]);

/** The same with mirrors that have all of it. */
function mirrored(
  name: string,
  there: readonly (readonly ObservedChain[])[],
  names: readonly string[] = ['nas'],
): Story {
  const lines = names.map(
    (one) => `  ${one}: { type: rsync, target: "backup@${one}:/vol", retention: far }\n`,
  );
  const text = policy('{ every: 14d }')
    .replace('defaults:', `  far: { keep: all }\nmirrors:\n${lines.join('')}defaults:`)
    .replace('rpo: 26h', `rpo: 26h, mirrors: [${names.join(', ')}]`);
  const looks = names.map((one, index) => mirrorSeen([copies(web01, there[index] ?? [])], {}, one));
  const bare = told(name, text, [broken], { mirrors: looks });
  const remembered = desiredOf(text, bare.observed).mirrors.flatMap((desired) =>
    looks
      .filter((look) => look.name === desired.name)
      .map((look) => [desired.name, mirrorMemoryFor(desired, look)] as const),
  );
  if (remembered.length !== names.length) throw new Error(`${name} lacks a mirror`);
  return told(name, text, [broken], {
    mirrors: looks,
    memory: { mirrors: Object.fromEntries(remembered) },
  });
}

const whole = points(5);
const alsoDamaged = points(5, (point, index) =>
  index < 2 ? point : { ...point, fault: index === 2 ? 'quarantined' : 'parent-faulty' },
);

/** What is checked, when, and what becomes of what is damaged. */
export const checkStories: readonly Story[] = [
  told('check-of-what-never-was', policy('{ every: 7d }'), [
    directory(web01, [points(3)]),
    directory(db1, [points(2, (point, index) => (index === 0 ? checked(point, 9) : point))]),
  ]),
  told('check-not-due', policy('{ every: 7d }'), [
    directory(web01, [points(3, (point, index) => checked(point, 3 - index))]),
  ]),
  told('check-deeper-than-before', policy('{ every: 7d, depth: replay }'), [
    directory(web01, [points(2, (point) => checked(point, 1))]),
  ]),
  told(
    'check-within-the-budget',
    policy('{ every: 7d }', ', verify: { maxRate: 1MiB/s, maxTime: 8h }'),
    [
      directory(web01, [
        points(3, (point) => ({ ...checked(point, 10), bytes: 12 * gib }), 3),
        points(3, (point, index) => ({ ...point, bytes: (index === 0 ? 20 : 2) * gib })),
      ]),
    ],
  ),
  told(
    'check-budget-is-spent',
    policy('{ every: 7d }', ', verify: { maxRate: 1MiB/s, maxTime: 1h }'),
    [
      directory(web01, [
        points(3, (point, index) =>
          index === 0 ? { ...checked(point, 0.5), bytes: 3 * gib } : { ...point, bytes: gib },
        ),
      ]),
    ],
  ),
  told('quarantined-in-the-middle', policy('{ every: 14d }'), [broken]),
  mirrored('heal-from-the-mirror', [[whole]]),
  mirrored('heal-of-a-copy-that-is-damaged-too', [[alsoDamaged]]),
  mirrored('heal-from-the-next-mirror', [[alsoDamaged], [whole]], ['nas', 'vault']),
  mirrored('heal-with-no-sound-copy-left', [[alsoDamaged], [alsoDamaged]], ['nas', 'vault']),
];
