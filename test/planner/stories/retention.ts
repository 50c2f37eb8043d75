import { addSeconds } from '../../../src/model/instant.ts';
import { seen } from '../../../src/model/result.ts';
import { chain, directory, withPoint } from '../build-chain.ts';
import { disk, domain, identityOf, statOf, tracked } from '../build-domain.ts';
import { day, gib, uuidOf } from '../build-policy.ts';
import { aRun } from '../build.ts';
import { policyText, story, type Story } from './story.ts';

const web01 = domain(1, 'web01');

/** Chains of that many nightly points each, the last one of the night before now. */
function chains(...counts: readonly number[]) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let before = 0;
  return counts.map((count) => {
    const first = addSeconds('2026-11-22T01:00:00.000Z', -(total - 1 - before) * day);
    before += count;
    return chain(first, count);
  });
}

const three = directory(web01, chains(5, 5, 5));
const [oldest, middle, live] = three.chains;
if (oldest === undefined || middle === undefined || live === undefined)
  throw new Error('no chains');
const seenWeb = tracked(web01, three);
const old07 = directory(domain(7, 'old07'), [
  chain('2026-01-01T01:00:00.000Z', 2),
  chain('2026-02-01T01:00:00.000Z', 2),
]);
const removed = [`removed: [{ domain: old07, uuid: ${uuidOf(7)}, points: trash }]`];
const policy = policyText();
const overlay = '/tmp/drill.qcow2';
const inStore = `/backups/domains/web01/${oldest.id}/0004-20261112T010000Z-inc/vda.qcow2`;
const rotation = directory(
  web01,
  chains(5, 5).map((one) => ({
    ...one,
    points: one.points.map((point) => ({ ...point, at: addSeconds(point.at, -day) })),
  })),
);

/** Chains of a week each, from Monday to Sunday: the oldest is out of every rule since tonight. */
const weekly = directory(web01, chains(7, 7, 7, 7, 7));

/** What is let go of, and what stays whatever the rules say. */
export const retentionStories: readonly Story[] = [
  story(
    'vm-babysitters-rule',
    policyText({ chain: '{ maxPoints: 5 }' }),
    [tracked(web01, rotation)],
    [rotation],
  ),
  story('oldest-chain-goes', policy, [seenWeb], [three]),
  story(
    'grandfather-father-son',
    policyText({ keep: '{ last: 3, daily: 7, weekly: 4, monthly: 6 }' }),
    [tracked(web01, weekly)],
    [weekly],
  ),
  story('keep-all', policyText({ keep: 'all' }), [seenWeb], [three]),
  story(
    'held-chain',
    policy,
    [seenWeb],
    [{ ...three, chains: [{ ...oldest, held: true }, middle, live] }],
  ),
  story(
    'held-point',
    policy,
    [seenWeb],
    [{ ...three, chains: [withPoint(oldest, 2, { held: true }), middle, live] }],
  ),
  story(
    'quarantined-point',
    policy,
    [tracked(web01, three)],
    [
      {
        ...three,
        chains: [
          oldest,
          {
            ...middle,
            points: middle.points.map((point) => ({
              ...point,
              fault: point.sequence === 0 ? ('quarantined' as const) : ('parent-faulty' as const),
            })),
          },
          live,
        ],
      },
    ],
  ),
  story(
    'points-from-the-future',
    policy,
    [seenWeb],
    [{ ...three, chains: [...three.chains, chain('2027-06-01T01:00:00.000Z', 1)] }],
  ),
  story(
    'removed',
    policyText({ more: removed }),
    [seenWeb],
    [directory(web01, chains(5, 5)), old07].map((one) =>
      one.uuid === web01.uuid ? { ...one, tip: three.tip } : one,
    ),
  ),
  story(
    'removed-but-held',
    policyText({ more: removed }),
    [tracked(web01, directory(web01, chains(5)))],
    [
      directory(web01, chains(5)),
      { ...old07, chains: old07.chains.map((one, index) => ({ ...one, held: index === 0 })) },
    ],
  ),
  story(
    'left-the-policy',
    policyText({ rules: ['match: "web*"'] }),
    [seenWeb],
    [directory(web01, chains(5, 5)), old07].map((one) =>
      one.uuid === web01.uuid ? { ...one, tip: three.tip } : one,
    ),
  ),
  story(
    'trash-is-over',
    policy,
    [tracked(web01, directory(web01, chains(5)))],
    [directory(web01, chains(5))],
    {
      store: {
        trash: [
          {
            run: aRun,
            path: `.trash/${aRun}/web01/20260901T010000Z-00cc`,
            uuid: uuidOf(1),
            name: 'web01',
            chain: chain('2026-09-01T01:00:00.000Z', 1).id,
            points: 30,
            bytes: 38 * gib,
            trashedAt: '2026-11-19T08:00:00.000Z',
          },
          {
            run: aRun,
            path: `.trash/${aRun}/web01/20261001T010000Z-00cc`,
            uuid: uuidOf(1),
            name: 'web01',
            chain: chain('2026-10-01T01:00:00.000Z', 1).id,
            points: 30,
            bytes: 38 * gib,
            trashedAt: '2026-11-21T08:00:00.000Z',
          },
        ],
      },
    },
  ),
  story(
    'instant-restore-in-use',
    policy,
    [
      seenWeb,
      domain(9, 'drill', {
        disks: [
          {
            ...disk('drill', 'vda', 901),
            images: seen([
              { identity: identityOf(overlay, 901), stat: statOf(overlay, 901) },
              { identity: identityOf(inStore, 902), stat: statOf(inStore, 902) },
            ]),
          },
        ],
      }),
    ],
    [
      three,
      directory(domain(9, 'drill', { disks: [disk('drill', 'vda', 901)] }), [
        chain('2026-11-22T01:00:00.000Z', 1),
      ]),
    ],
  ),
];
