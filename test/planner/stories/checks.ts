import type { ObservedChain, ObservedDirectory } from '../../../src/model/observed-store.ts';
import { directory } from '../build-chain.ts';
import { tracked } from '../build-domain.ts';
import { copies, mirrorMemoryFor, mirrorSeen } from '../build-mirror.ts';
import { gib } from '../build-policy.ts';
import { broken, checked, db1, points, web01 } from './checked-points.ts';
import { desiredOf, policyText, story, type SeenBeside, type Story } from './story.ts';

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

const brokenDirectory = directory(web01, [points(5, broken)]);

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
  const bare = told(name, text, [brokenDirectory], { mirrors: looks });
  const remembered = desiredOf(text, bare.observed).mirrors.flatMap((desired) =>
    looks
      .filter((look) => look.name === desired.name)
      .map((look) => [desired.name, mirrorMemoryFor(desired, look)] as const),
  );
  if (remembered.length !== names.length) throw new Error(`${name} lacks a mirror`);
  return told(name, text, [brokenDirectory], {
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
  told('quarantined-in-the-middle', policy('{ every: 14d }'), [brokenDirectory]),
  mirrored('heal-from-the-mirror', [[whole]]),
  mirrored('heal-of-a-copy-that-is-damaged-too', [[alsoDamaged]]),
  mirrored('heal-from-the-next-mirror', [[alsoDamaged], [whole]], ['nas', 'vault']),
  mirrored('heal-with-no-sound-copy-left', [[alsoDamaged], [alsoDamaged]], ['nas', 'vault']),
];
