import type { ObservedChain, ObservedDirectory } from '../../../src/model/observed-store.ts';
import type { ObservedMirror } from '../../../src/model/observed.ts';
import { unseen } from '../../../src/model/result.ts';
import { directory } from '../build-chain.ts';
import { tracked } from '../build-domain.ts';
import { copies, mirrorMemoryFor, mirrorSeen } from '../build-mirror.ts';
import { gib } from '../build-policy.ts';
import { broken, checked, db1, points, web01 } from './checked-points.ts';
import { desiredOf, policyText, story, type SeenBeside, type Story } from './story.ts';

const policy = (verify: string, more = ''): string =>
  policyText({
    keep: '{ chains: 4 }',
    more: [
      'mirrors:',
      `  nas: { type: rsync, target: "backup@nas:/vol", retention: far, verify: ${verify}${more} }`,
    ],
  })
    .replace('defaults:', '  far: { keep: all }\ndefaults:')
    .replace('rpo: 26h', 'rpo: 26h, mirrors: [nas]');

function told(
  name: string,
  text: string,
  here: readonly ObservedDirectory[],
  there: readonly (readonly ObservedChain[])[] | ObservedMirror,
): Story {
  const machines = [web01, db1].slice(0, here.length);
  const look =
    'name' in there
      ? there
      : mirrorSeen(machines.map((one, index) => copies(one, there[index] ?? [])));
  const domains = machines.flatMap((one, index) => {
    const own = here[index];
    return own === undefined ? [] : [tracked(one, own)];
  });
  const bare = story(name, text, domains, here, { mirrors: [look] });
  const [desired] = desiredOf(text, bare.observed).mirrors;
  if (desired === undefined) throw new Error(`${name} has no mirror`);
  const beside: SeenBeside = {
    mirrors: [look],
    memory: { mirrors: { nas: mirrorMemoryFor(desired, look) } },
  };
  return story(name, text, domains, here, beside);
}

const away: ObservedMirror = {
  name: 'nas',
  stores: [{ store: 'main', state: unseen('mirror-unreachable', 'mirror nas: no route to host') }],
};

/** What is checked at a mirror, when, and what becomes of copies that are damaged. */
export const copyCheckStories: readonly Story[] = [
  told(
    'copies-that-were-never-checked',
    policy('{ every: 7d }'),
    [directory(web01, [points(3)]), directory(db1, [points(2)])],
    [[points(3)], [points(2, (point, index) => (index === 0 ? checked(point, 9) : point))]],
  ),
  told(
    'copies-not-due',
    policy('{ every: 7d }'),
    [directory(web01, [points(3)])],
    [[points(3, (point, index) => checked(point, 3 - index))]],
  ),
  told(
    'copies-within-the-budget',
    policy('{ every: 7d, maxRate: 1MiB/s, maxTime: 8h }'),
    [directory(web01, [points(3, undefined, 3), points(3)])],
    [
      [
        points(3, (point) => ({ ...checked(point, 10), bytes: 12 * gib }), 3),
        points(3, (point, index) => ({ ...point, bytes: (index === 0 ? 20 : 2) * gib })),
      ],
    ],
  ),
  told(
    'copies-of-a-mirror-that-is-away',
    policy('{ every: 7d }'),
    [directory(web01, [points(3)])],
    away,
  ),
  told(
    'damaged-copy-is-copied-again',
    policy('{ every: 7d }', ', deletes: never'),
    [directory(web01, [points(5)])],
    [[points(5, broken)]],
  ),
  told(
    'damaged-copy-of-a-damaged-point',
    policy('{ every: 7d }'),
    [directory(web01, [points(5, broken)])],
    [[points(5, broken)]],
  ),
];
