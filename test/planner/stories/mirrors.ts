import { pointDirectory, storeId, type StoreId } from '../../../src/model/identity.ts';
import { addSeconds } from '../../../src/model/instant.ts';
import type { ObservedMirrorDirectory } from '../../../src/model/observed-mirror.ts';
import type { ObservedChain, ObservedDirectory } from '../../../src/model/observed-store.ts';
import type { ObservedMirror } from '../../../src/model/observed.ts';
import { seen, unseen } from '../../../src/model/result.ts';
import { chain, directory, tipOf, withPoint } from '../build-chain.ts';
import { domain, tracked } from '../build-domain.ts';
import { copies, deletedOf, mirrorMemoryFor, mirrorSeen } from '../build-mirror.ts';
import { day, gib, mainId, now, uuidOf } from '../build-policy.ts';
import { mainStore, memoryFor, observedState, readyStore } from '../build.ts';
import { desiredOf, policyText, story, type SeenBeside, type Story } from './story.ts';

const web01 = domain(1, 'web01');

/** Chains of so many daily points, the newest at last night's slot or days before it. */
function chains(counts: readonly number[], late = 0): readonly ObservedChain[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let before = 0;
  return counts.map((count) => {
    const first = addSeconds('2026-11-22T01:00:00.000Z', -(total - 1 - before + late) * day);
    before += count;
    return chain(first, count);
  });
}

const three = chains([5, 5, 5]);
const upToDate = directory(web01, three);
const due = directory(web01, chains([5, 4], 1));

/** The usual policy with a mirror; `mirror`: more of its settings, `keep` its own rule. */
function policyWith({
  keep = 'all',
  mirror = '',
  local = '{ chains: 4 }',
  more = [],
  names = '[nas]',
}: {
  readonly keep?: string;
  readonly mirror?: string;
  readonly local?: string;
  readonly more?: readonly string[];
  readonly names?: string;
} = {}): string {
  return policyText({
    keep: local,
    more: [
      'mirrors:',
      `  nas: { type: rsync, target: "backup@nas:/vol/vm-backups", retention: far${mirror} }`,
      ...more,
    ],
  })
    .replace('defaults:', `  far: { keep: ${keep} }\ndefaults:`)
    .replace('rpo: 26h', `rpo: 26h, mirrors: ${names}`);
}

/** Tells of a store and of what is at its mirror, both as they are remembered. */
function mirrored(
  name: string,
  policy: string,
  where: ObservedDirectory,
  mirror: ObservedMirror | readonly ObservedMirrorDirectory[],
  { memory = {}, ...beside }: SeenBeside = {},
): Story {
  const look = 'name' in mirror ? mirror : mirrorSeen(mirror);
  const observed = { ...beside, mirrors: [look, ...(beside.mirrors ?? [])] };
  const one = tracked(web01, where);
  const bare = story(name, policy, [one], [where], observed);
  const [desired] = desiredOf(policy, bare.observed).mirrors;
  if (desired === undefined) throw new Error(`${name} has no mirror`);
  return story(name, policy, [one], [where], {
    ...observed,
    memory:
      memory === null ? null : { mirrors: { nas: mirrorMemoryFor(desired, look) }, ...memory },
  });
}

const unreachable: ObservedMirror = {
  name: 'nas',
  stores: [
    {
      store: 'main',
      state: unseen('mirror-unreachable', 'mirror nas: ssh: connect to host nas: No route to host'),
    },
  ],
};
const wiped: ObservedMirror = {
  name: 'nas',
  stores: [
    {
      store: 'main',
      state: unseen(
        'mirror-lost',
        'mirror nas: this host knows copies there, and their marker is gone; mount it, or look what happened',
      ),
    },
  ],
};

const last = three.at(-1);
const [oldest] = three;
if (last === undefined || oldest === undefined) throw new Error('three chains were made');
const firstTwo = three.slice(0, 2);
const begun = last.points[1];
if (begun === undefined) throw new Error('the chain has five points');

const db1 = domain(2, 'db1');
const other = storeId('7c'.repeat(16));

/** What a mirror shows of a store; null: nothing was ever copied. */
const lookAt = (
  store: string,
  id: StoreId,
  directories: readonly ObservedMirrorDirectory[] | null,
): ObservedMirror['stores'][number] => ({
  store,
  state: seen({
    store: id,
    kind: directories === null ? 'blank' : 'ready',
    directories: directories ?? [],
    freeBytes: null,
    unreadable: [],
    foreign: 0,
  }),
});

/** Two stores of one host, both copied to one mirror. */
function twoStores(
  name: string,
  main: readonly ObservedMirrorDirectory[] | null,
  fast: readonly ObservedMirrorDirectory[] | null,
): Story {
  const policy = policyWith()
    .replace('schedules:', '  fast: { path: /fast }\nschedules:')
    .replace('  - { match: "*" }', '  - { name: db1, store: fast }\n  - { match: "*" }');
  const mainState = readyStore([upToDate]);
  const fastDirectory = directory(db1, chains([3]), { tip: tipOf(db1, chains([3]), other) });
  const fastState = readyStore([fastDirectory], { id: other, knownId: other });
  const look: ObservedMirror = {
    name: 'nas',
    stores: [lookAt('main', mainId, main), lookAt('fast', other, fast)],
  };
  const bare = observedState(
    [tracked(web01, upToDate), tracked(db1, fastDirectory)],
    [mainStore(mainState), { name: 'fast', path: '/fast', state: fastState }],
    { mirrors: [look] },
  );
  const desired = desiredOf(policy, bare);
  const stores = [
    mainStore({ ...mainState, memory: memoryFor(desired, mainState) }),
    { name: 'fast', path: '/fast', state: { ...fastState, memory: memoryFor(desired, fastState) } },
  ];
  return { name, policy, observed: { ...bare, stores }, request: {} };
}

/** Copies of which no manifest can be read any more: nobody can tell there whose they are. */
const unread: ObservedMirror = {
  name: 'nas',
  stores: mirrorSeen([]).stores.map(({ store, state }) => ({
    store,
    state: state.seen
      ? seen({
          ...state.value,
          unreadable: [
            {
              path: 'domains/web01',
              code: 'owner-unknown',
              message:
                'it holds points, but no readable manifest says of which domain; look at them, then move it away',
            },
          ],
        })
      : state,
  })),
};

/** What is copied to mirrors, what goes there, and what waits for them here. */
export const mirrorStories: readonly Story[] = [
  mirrored('mirror-first-copy', policyWith(), due, []),
  mirrored('mirror-behind', policyWith(), upToDate, [
    copies(web01, [...firstTwo, { ...last, points: last.points.slice(0, 1) }], {
      partial: [
        {
          chain: last.id,
          pointDirectory: pointDirectory(begun.sequence, begun.id, begun.level),
          bytes: 300_000_000,
        },
      ],
    }),
  ]),
  mirrored('mirror-up-to-date', policyWith(), upToDate, [copies(web01, three)]),
  mirrored(
    'mirror-unseen',
    policyWith({ local: '{ chains: 1 }' }),
    directory(web01, chains([5, 5, 4], 1)),
    unreachable,
  ),
  mirrored('mirror-lost', policyWith(), upToDate, wiped),
  mirrored(
    'mirror-on-sundays',
    policyWith({ mirror: ', schedule: "0 4 * * 0"' }),
    directory(web01, chains([5, 5, 5])),
    [copies(web01, firstTwo)],
  ),
  mirrored(
    'mirror-not-due',
    policyWith({ mirror: ', schedule: "0 20 * * 6"', local: '{ chains: 1 }' }),
    directory(web01, [...chains([5, 5], 2), chain('2026-11-22T01:00:00.000Z', 1)]),
    [copies(web01, chains([5, 5], 2))],
  ),
  mirrored('mirror-retention', policyWith({ keep: '{ chains: 1 }' }), upToDate, [
    copies(web01, three),
  ]),
  mirrored(
    'mirror-deletes-never',
    policyWith({ keep: '{ chains: 1 }', mirror: ', deletes: never' }),
    upToDate,
    [copies(web01, three)],
  ),
  mirrored('mirror-faulty-copy', policyWith(), upToDate, [
    copies(web01, [
      ...firstTwo,
      {
        ...withPoint(last, 1, { fault: 'file-size' }),
        points: withPoint(last, 1, { fault: 'file-size' }).points.map((point) =>
          point.sequence > 1 ? { ...point, fault: 'parent-faulty' as const } : point,
        ),
      },
    ]),
  ]),
  mirrored('mirror-quarantined-copy', policyWith(), upToDate, [
    copies(web01, [withPoint(oldest, 4, { fault: 'quarantined' }), ...three.slice(1)]),
  ]),
  mirrored('mirror-held-there', policyWith({ keep: '{ chains: 1 }' }), upToDate, [
    copies(web01, [{ ...oldest, held: true }, ...three.slice(1)]),
  ]),
  mirrored('mirror-purge', policyWith(), upToDate, [
    copies(web01, three, {
      deleted: [
        ...deletedOf(chain('2026-08-01T01:00:00.000Z', 3), addSeconds(now, -4 * day)),
        ...deletedOf(chain('2026-08-11T01:00:00.000Z', 3), addSeconds(now, -day)),
        ...deletedOf(chain('2026-08-21T01:00:00.000Z', 3), null),
        ...deletedOf(chain('2026-09-01T01:00:00.000Z', 3), addSeconds(now, -9 * day), {
          held: true,
        }),
      ],
    }),
  ]),
  mirrored(
    'mirror-trash-makes-room',
    policyWith({ mirror: ', reserve: 5GiB' }),
    upToDate,
    mirrorSeen(
      [
        copies(web01, firstTwo, {
          deleted: deletedOf(chain('2026-08-01T01:00:00.000Z', 3), addSeconds(now, -4 * day)),
        }),
      ],
      { freeBytes: 10 * gib },
    ),
  ),
  mirrored(
    'mirror-without-room',
    policyWith({ mirror: ', reserve: 5%', local: '{ chains: 1 }' }),
    upToDate,
    mirrorSeen([copies(web01, firstTwo)], { freeBytes: 60 * gib, totalBytes: 1000 * gib }),
  ),
  mirrored(
    'mirror-only-copy',
    policyWith({ local: '{ chains: 1 }', mirror: ', schedule: "0 20 * * 6"' }),
    directory(web01, [...chains([5, 5], 1), chain('2026-11-22T01:00:00.000Z', 1)]),
    [copies(web01, [withPoint(chains([5, 5], 1)[0] ?? oldest, 4, { fault: 'manifest-newer' })])],
  ),
  mirrored('mirror-copied-then-deleted', policyWith({ local: '{ chains: 1 }' }), upToDate, [
    copies(web01, three.slice(1)),
  ]),
  mirrored(
    'mirror-points-vanished',
    policyWith({ keep: '{ chains: 1 }' }),
    upToDate,
    [copies(web01, three)],
    {
      memory: {
        mirrors: { nas: { points: { [uuidOf(1)]: 400 }, retention: {}, doomed: {} } },
      },
    },
  ),
  mirrored('mirror-name-taken', policyWith(), upToDate, [
    copies({ uuid: uuidOf(9), name: 'web01' }, chains([2], 60)),
  ]),
  mirrored('mirror-of-a-lost-store', policyWith(), upToDate, [copies(web01, three)], {
    stores: [
      mainStore({
        kind: 'blank',
        freeBytes: 1,
        totalBytes: 2,
        mount: { device: 1, source: '/dev/sda1' },
        knownId: mainId,
      }),
    ],
  }),
  twoStores('mirror-of-two-stores', [copies(web01, firstTwo)], null),
  twoStores('mirror-of-a-second-store', null, [
    copies(
      db1,
      chains([3]).map((one) => ({ ...one, points: one.points.slice(0, 1) })),
    ),
  ]),
  mirrored('mirror-unread-copies', policyWith(), upToDate, unread),
];
