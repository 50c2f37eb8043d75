import { storeId } from '../../../src/model/identity.ts';
import { addSeconds } from '../../../src/model/instant.ts';
import { seen, unseen } from '../../../src/model/result.ts';
import { chain, directory } from '../build-chain.ts';
import { disk, domain, tracked } from '../build-domain.ts';
import { day, gib, now, uuidOf } from '../build-policy.ts';
import { mainStore, readyStore } from '../build.ts';
import { policyText, story, type Story } from './story.ts';

const web01 = domain(1, 'web01');

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
const seenWeb = tracked(web01, three);
const six = directory(web01, chains(5, 5, 5, 5, 5, 5));
const policy = policyText();
const due = directory(web01, [chain('2026-11-17T01:00:00.000Z', 5)]);
const many = Array.from({ length: 7 }, (_none, index) => {
  const one = domain(index + 1, `web0${index + 1}`);
  const where = directory(one, chains(5, 5, 5));
  return { one: tracked(one, where), where };
});
const doomedOfMany = Object.fromEntries(
  many.map(({ one, where }) => [one.uuid, where.chains.slice(0, 1).map(({ id }) => id)]),
);
const big = [
  domain(1, 'big01', { disks: [disk('big01', 'vda', 101, { allocatedBytes: 300 * gib })] }),
  domain(2, 'big02', { disks: [disk('big02', 'vda', 201, { allocatedBytes: 200 * gib })] }),
  domain(3, 'small', { disks: [disk('small', 'vda', 301, { allocatedBytes: 10 * gib })] }),
];
const remembered = { [uuidOf(1)]: { maxPoints: 30, minPoints: 1, keep: { chains: 5 } } };

/** Rules that block, and how each is lifted. */
export const guardStories: readonly Story[] = [
  story('not-enough-space', policy, big, [], { store: { freeBytes: 450 * gib } }),
  story('store-not-mounted', policy, [seenWeb], [], {
    stores: [
      mainStore({
        kind: 'blank',
        freeBytes: 10 * gib,
        totalBytes: 20 * gib,
        mount: { device: 1, source: '/dev/sda1' },
        knownId: readyStore([]).id,
      }),
    ],
  }),
  story('another-store-at-the-path', policy, [seenWeb], [three], {
    store: { knownId: storeId('f'.repeat(32)) },
  }),
  story('store-mounted-from-elsewhere', policy, [seenWeb], [three], {
    memory: { mount: { device: 99, source: '/dev/mapper/old' } },
  }),
  story('libvirt-is-down', policy, [], [three], {
    hypervisor: unseen('libvirt-unreachable', 'libvirtd does not answer on qemu:///system'),
  }),
  story('one-domain-unseen', policy, [seenWeb], [three], {
    hypervisor: seen({
      kind: 'libvirt',
      uri: 'qemu:///system',
      version: '9.0.0',
      domains: [seenWeb],
      unseenDomains: [
        { uuid: uuidOf(2), name: 'db1', code: 'no-xml', message: 'dumpxml gave no definition' },
      ],
    }),
  }),
  story('directory-that-cannot-be-read', policy, [seenWeb], [three], {
    store: {
      unreadable: [
        {
          path: 'domains/web01/20261108T010000Z-00cc/closed.json',
          code: 'EIO',
          message: 'Input/output error',
        },
      ],
    },
  }),
  story(
    'points-under-an-old-name-that-cannot-be-read',
    policy,
    [tracked({ ...domain(1, 'web02'), uuid: web01.uuid }, due)],
    [],
    {
      store: {
        directories: [],
        unreadable: [
          {
            path: 'domains/web01/20261117T010000Z-00cc',
            code: 'EIO',
            message: 'Input/output error',
          },
        ],
      },
      memory: { points: { [web01.uuid]: 5 } },
    },
  ),
  story('journals-that-cannot-be-read', policy, [seenWeb], [three], {
    runs: unseen('journal-unreadable', '/var/lib/holdfast/runs: Permission denied'),
  }),
  story('retention-reduced', policy, [seenWeb], [three], { memory: { retention: remembered } }),
  story('too-many-at-once', policy, [tracked(web01, six)], [six]),
  story(
    'too-many-at-once-allowed',
    policy,
    [tracked(web01, six)],
    [six],
    {},
    { allow: [{ code: 'G201', scope: 'domain/web01' }] },
  ),
  story(
    'too-many-on-the-host',
    policy,
    many.map(({ one }) => one),
    many.map(({ where }) => where),
  ),
  story(
    'rotation-night',
    policy,
    many.map(({ one }) => one),
    many.map(({ where }) => where),
    { memory: { doomed: doomedOfMany } },
  ),
  story(
    'agent-two-a-loop',
    policy,
    many.map(({ one }) => one),
    many.map(({ where }) => where),
    { memory: { doomed: doomedOfMany } },
    { unattended: true },
  ),
  story('points-vanished', policy, [seenWeb], [three], { memory: { points: { [uuidOf(1)]: 40 } } }),
  story('first-run-deletes-nothing', policy, [seenWeb], [three], { memory: null }),
  story('clock-moved', policy, [seenWeb], [three], { memory: { at: addSeconds(now, 30 * day) } }),
  story('renamed-without-moved', policy, [tracked(domain(1, 'web-new'), due)], [due]),
  story(
    'moved',
    policyText({ more: ['moved: [{ from: web01, to: web-new }]'] }),
    [tracked(domain(1, 'web-new'), due)],
    [due],
  ),
  story('for-another-host', policyText({ host: 'kvm02' }), [tracked(web01, due)], [due]),
  story('selects-nothing', policyText({ rules: ['match: "mail-*"'] }), [seenWeb], [three]),
];
