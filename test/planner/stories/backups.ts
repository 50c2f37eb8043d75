import { addSeconds } from '../../../src/model/instant.ts';
import { seen } from '../../../src/model/result.ts';
import { chain, directory, lookedAt } from '../build-chain.ts';
import { disk, domain, identityOf, off, statOf, tracked } from '../build-domain.ts';
import { day, gib } from '../build-policy.ts';
import { mainStore } from '../build.ts';
import { policyText, story, type Story } from './story.ts';

const policy = policyText();
const web01 = domain(1, 'web01');
const db1 = domain(2, 'db1', {
  disks: [disk('db1', 'vda', 201), disk('db1', 'vdb', 202, { allocatedBytes: 40 * gib })],
});
const blank = mainStore({
  kind: 'blank',
  freeBytes: 900 * gib,
  totalBytes: 1000 * gib,
  mount: { device: 64, source: '/dev/sdb1' },
  knownId: null,
});

/** A domain's directory with one chain whose newest point is of that day's night. */
const nights = (one: Parameters<typeof directory>[0], newest: string, count = 5) =>
  directory(one, [chain(addSeconds(`${newest}T01:00:00.000Z`, -(count - 1) * day), count)]);

const webOld = nights(web01, '2026-11-21');
const dbOld = nights(db1, '2026-11-21');
const webNew = nights(web01, '2026-11-22');
const webOff = off(web01);

/** Points: when, full or increment, and why. */
export const backupStories: readonly Story[] = [
  story('first-backup', policy, [web01, db1], [], { stores: [blank] }),
  story('nothing-to-do', policy, [tracked(web01, webNew)], [webNew]),
  story(
    'nightly-increments',
    policy,
    [tracked(web01, webOld), tracked(db1, dbOld, { dirtyBytes: 3 * gib })],
    [webOld, dbOld],
  ),
  story(
    'downtime-takes-one-point',
    policy,
    [tracked(web01, nights(web01, '2026-10-30'))],
    [nights(web01, '2026-10-30')],
  ),
  story(
    'spring-skips-the-slot',
    policyText().replace('"0 2 * * *"', '"30 2 * * *"'),
    [tracked(web01, directory(web01, [chain('2027-03-26T01:30:00.000Z', 2)]))],
    [directory(web01, [chain('2027-03-26T01:30:00.000Z', 2)])],
    { observedAt: '2027-03-28T05:00:00.000Z', memory: { at: '2027-03-28T04:00:00.000Z' } },
  ),
  story(
    'chain-complete',
    policyText({ chain: '{ maxPoints: 5 }' }),
    [tracked(web01, webOld)],
    [webOld],
  ),
  story(
    'chain-too-old',
    policyText({ chain: '{ maxAge: 4d }' }),
    [tracked(web01, webOld)],
    [webOld],
  ),
  story(
    'tracker-lost-in-a-crash',
    policy,
    [tracked({ ...webOff, stateReason: 'crashed' }, webOld, { flags: ['in-use', 'auto'] })],
    [webOld],
  ),
  story(
    'tracker-lost-while-running',
    policy,
    [tracked(web01, webOld, { dirtyBytes: null })],
    [webOld],
  ),
  story(
    'disk-added',
    policy,
    [
      tracked(
        {
          ...web01,
          disks: [...web01.disks, disk('web01', 'vdb', 199, { allocatedBytes: 2 * gib })],
        },
        webOld,
      ),
    ],
    [webOld],
  ),
  story(
    'disk-removed',
    policy,
    [tracked({ ...db1, disks: db1.disks.slice(0, 1) }, dbOld)],
    [dbOld],
  ),
  story(
    'disks-swapped',
    policy,
    [tracked({ ...db1, disks: [disk('db1', 'vda', 202), disk('db1', 'vdb', 201)] }, dbOld)],
    [dbOld],
  ),
  story(
    'external-snapshot',
    policy,
    [
      tracked(
        {
          ...web01,
          disks: web01.disks.map((each) => ({
            ...each,
            images: seen([
              {
                identity: identityOf('/var/lib/libvirt/images/web01.snap1', 777),
                stat: statOf('/var/lib/libvirt/images/web01.snap1', 777),
              },
              ...(each.images.seen ? each.images.value : []),
            ]),
          })),
        },
        webOld,
      ),
    ],
    [webOld],
  ),
  story(
    'raw-beside-qcow2',
    policy,
    (() => {
      const mixed = {
        ...db1,
        disks: [disk('db1', 'vda', 201), disk('db1', 'vdb', 202, { format: 'raw' })],
      };
      return [tracked(mixed, nights(mixed, '2026-11-21'))];
    })(),
    [
      nights(
        { ...db1, disks: [disk('db1', 'vda', 201), disk('db1', 'vdb', 202, { format: 'raw' })] },
        '2026-11-21',
      ),
    ],
  ),
  story(
    'raw-only',
    policyText({ chain: '{ maxPoints: 3 }' }),
    [domain(3, 'lvm1', { disks: [disk('lvm1', 'vda', 301, { format: 'raw' })] })],
    [
      directory(
        domain(3, 'lvm1', { disks: [disk('lvm1', 'vda', 301, { format: 'raw' })] }),
        [19, 20, 21].map((date) => chain(`2026-11-${date}T01:00:00.000Z`, 1)),
      ),
    ],
  ),
  story('off-and-unchanged', policy, [tracked(webOff, webOld)], [lookedAt(webOff, webOld)]),
  story(
    'off-and-changed',
    policy,
    [
      tracked(
        {
          ...webOff,
          disks: webOff.disks.map((each) => ({
            ...each,
            images: seen(
              each.images.seen
                ? each.images.value.map((image) => ({
                    ...image,
                    stat:
                      image.stat === null
                        ? null
                        : { ...image.stat, mtimeNs: '1763700000000000001' },
                  }))
                : [],
            ),
          })),
        },
        webOld,
      ),
    ],
    [lookedAt(webOff, webOld)],
  ),
  story(
    'checkpoint-forgotten-by-libvirt',
    policy,
    [tracked(webOff, webOld, { listed: false })],
    [webOld],
  ),
  story(
    'after-a-restore-in-place',
    policy,
    [web01],
    [
      directory(
        web01,
        webOld.chains.map((one) => ({ ...one, closed: 'restored' as const })),
        { tip: webOld.tip },
      ),
    ],
  ),
  story(
    'tracker-never',
    policyText({ rules: ['name: web01, tracker: never', 'match: "*"'] }),
    [tracked(web01, webOld)],
    [webOld],
  ),
  story(
    'now-full-held',
    policy,
    [tracked(web01, webNew)],
    [webNew],
    {},
    {
      now: [
        {
          address: 'web01',
          full: true,
          note: 'before the upgrade',
          hold: 'until the upgrade is proven',
        },
      ],
    },
  ),
  story(
    'one-target',
    policy,
    [tracked(web01, webOld), tracked(db1, dbOld)],
    [webOld, dbOld],
    {},
    { targets: ['domain/db1'] },
  ),
  story('name-that-is-no-file-name', policy, [domain(4, 'Büro / Kasse')], []),
  story(
    'disks-left-out',
    policyText({ rules: ['match: "*", disks: { exclude: [vdc] }'] }),
    [
      domain(1, 'web01', {
        disks: [
          disk('web01', 'vda', 101),
          disk('web01', 'sda', 102, { device: 'cdrom' }),
          disk('web01', 'vdc', 103),
          disk('web01', 'vdd', 104, { shareable: true }),
        ],
      }),
    ],
    [],
  ),
];
