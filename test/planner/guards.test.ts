import { describe, expect, it } from 'vitest';
import type { StoreMemory } from '../../src/model/observed-store.ts';
import type { ObservedState } from '../../src/model/observed.ts';
import { seen, unseen } from '../../src/model/result.ts';
import { chain, directory } from './build-chain.ts';
import { disk, domain, identityOf, off, statOf, tracked } from './build-domain.ts';
import {
  day,
  desiredDomain,
  desiredState,
  desiredStore,
  gib,
  hour,
  now,
  place,
  retentionOf,
  uuidOf,
} from './build-policy.ts';
import { aRun, mainStore, readyStore, world } from './build.ts';
import { told } from './told.ts';

const web01 = domain(1, 'web01');
const rule = retentionOf({ last: 1 });
/** web01 keeps its newest point: the chain of the day before goes. */
const desired = desiredState([desiredDomain(1, 'web01', { retention: rule })]);
const two = directory(web01, [
  chain('2026-11-21T01:00:00.000Z', 1),
  chain('2026-11-22T01:00:00.000Z', 1),
]);
const goes = 'trash-chain domain/web01/20261121T010000Z-00cc';
const seenAs = (more: Parameters<typeof world>[3] = {}): ObservedState =>
  world(desired, [tracked(web01, two)], [two], more);

it('with nothing to say, no guard speaks', () => {
  const { actions, guards, notes } = told(desired, seenAs());
  expect([actions, guards, notes]).toEqual([[goes], [], []]);
});

describe('G104: the policy is for this host', () => {
  it('blocks everything but what a guest cannot wait for', () => {
    const frozen = seen([
      {
        run: aRun,
        startedAt: now,
        open: [{ kind: 'frozen-domain', uuid: uuidOf(1), name: 'web01' } as const],
      },
    ]);
    const elsewhere = { ...desired, host: 'kvm02' };
    const { actions, guards, plan } = told(elsewhere, seenAs({ runs: frozen }), {
      allow: [{ code: 'G104', scope: 'host' }],
    });
    expect(actions).toEqual(['thaw-domain domain/web01', `${goes} !G104`]);
    expect(guards).toEqual(['block G104 host']);
    expect(plan.guards[0]?.facts).toEqual({ host: 'kvm01', policyHost: 'kvm02' });
    expect(told({ ...desired, host: 'kvm01' }, seenAs()).guards).toEqual([]);
  });
});

describe('G105: a policy that selects nothing is a mistake', () => {
  it('no rule at all; rules that match none; ignoring all', () => {
    const empty = desiredState([], { policy: { ...desired.policy, rules: 0 } });
    expect(told(empty, seenAs()).guards).toEqual(['block G105 policy']);
    expect(told(desiredState([]), seenAs()).guards).toEqual(['block G105 policy']);
    const ignored = [{ uuid: uuidOf(1), name: 'web01', place: place(9) }];
    expect(told(desiredState([], { ignored }), seenAs()).guards).toEqual(['block G105 policy']);
  });

  it('is silent on a host without domains, and when libvirt was not seen', () => {
    expect(told(desiredState([]), world(desired, [], [])).guards).toEqual([]);
    const dark = seenAs({ hypervisor: unseen('libvirt-unreachable', 'no') });
    expect(told(desiredState([]), dark).guards).toEqual([]);
  });
});

describe('G151 (I4): what was not seen loses nothing', () => {
  const trashed = { store: { unreadable: [] } };

  it('libvirt', () => {
    const { actions, guards, plan } = told(
      desired,
      seenAs({ ...trashed, hypervisor: unseen('libvirt-unreachable', 'no answer') }),
    );
    expect(actions).toEqual([`${goes} !G151`]);
    expect(guards).toEqual(['withhold G151 host']);
    expect([plan.incomplete, plan.doomed]).toEqual([true, {}]);
  });

  it('journals', () => {
    const { actions, guards } = told(desired, seenAs({ runs: unseen('journal', 'no') }));
    expect([actions, guards]).toEqual([[`${goes} !G151`], ['withhold G151 host']]);
  });

  it('something in the domain’s own directory, but not in another’s', () => {
    const unreadable = (path: string) =>
      told(
        desired,
        seenAs({ store: { unreadable: [{ path, code: 'EIO', message: 'I/O error' }] } }),
      );
    expect(unreadable('domains/web01/x').guards).toEqual(['withhold G151 domain/web01']);
    expect(unreadable('domains/other').guards).toEqual(['withhold G151 store/main']);
    expect(unreadable('.trash/x').guards).toEqual(['withhold G151 store/main']);
    const db1 = directory(domain(2, 'db1'), []);
    const beside = world(desired, [tracked(web01, two), domain(2, 'db1')], [two, db1], {
      store: { unreadable: [{ path: 'domains/db1/x', code: 'EIO', message: 'I/O error' }] },
    });
    const { actions, plan } = told(desired, beside);
    expect([actions, plan.incomplete]).toEqual([[goes], true]);
  });

  it('the store: nothing is planned there, and the domain is unseen when it is due', () => {
    const dark = {
      ...seenAs(),
      stores: [mainStore({ kind: 'unseen', failure: { code: 'EIO', message: 'I/O error' } })],
    };
    const { actions, verdicts, plan, notes } = told(desired, dark);
    expect([actions, verdicts, plan.incomplete]).toEqual([
      [],
      { web01: 'unseen store-unseen' },
      true,
    ]);
    expect(notes).toEqual(['unseen store/main']);
  });

  it('scratch: no backup starts', () => {
    const due = world(desired, [web01], [], { scratch: unseen('scratch-unseen', 'no') });
    const { actions, verdicts } = told(desired, due);
    expect(actions).toEqual(['backup domain/web01 !G151']);
    expect(verdicts).toEqual({ web01: 'blocked G151' });
  });
});

describe('G152: the store is the one that it was', () => {
  const state = (more: object) => ({
    ...seenAs(),
    stores: [mainStore({ ...readyStore([two]), ...more })],
  });

  it('an empty directory where a store was known: an unmounted disk', () => {
    const blank = {
      ...seenAs(),
      stores: [
        mainStore({
          kind: 'blank',
          freeBytes: gib,
          totalBytes: gib,
          mount: { device: 1, source: '/dev/sda1' },
          knownId: readyStore([]).id,
        }),
      ],
    };
    const { actions, guards, verdicts } = told(desired, blank, {
      allow: [{ code: 'G152', scope: 'store/main' }],
    });
    expect([actions, guards]).toEqual([[], ['block G152 store/main']]);
    expect(verdicts).toEqual({ web01: 'blocked store-lost' });
  });

  it('another store’s marker', () => {
    const { guards, actions } = told(desired, state({ knownId: 'f'.repeat(32) }));
    expect([actions, guards]).toEqual([[], ['block G152 store/main']]);
  });

  it('mounted from elsewhere: nothing is deleted before somebody has looked', () => {
    const mount = { device: 99, source: '/dev/mapper/other' };
    const moved = seenAs({ memory: { mount } });
    expect(told(desired, moved).actions).toEqual([`${goes} !G152`]);
    const allowed = told(desired, moved, { allow: [{ code: 'G152', scope: 'store/main' }] });
    expect([allowed.actions, allowed.guards]).toEqual([[goes], ['allowed G152 store/main']]);
    // A network file system has another device number at each mount.
    const nfs = seenAs({ memory: { mount: { device: 99, source: '/dev/sdb1' } } });
    expect(told(desired, nfs).guards).toEqual([]);
  });
});

describe('G153: points that vanished', () => {
  it('more than half of what the last apply knew', () => {
    const knew = (points: number) => seenAs({ memory: { points: { [uuidOf(1)]: points } } });
    expect(told(desired, knew(4)).guards).toEqual([]);
    const { actions, guards, plan } = told(desired, knew(5));
    expect([actions, guards]).toEqual([[`${goes} !G153`], ['block G153 store/main']]);
    expect(plan.guards[0]?.facts).toEqual({ how: 'vanished', known: 5, found: 2 });
    const allow = [{ code: 'G153', scope: 'store/main' }];
    expect(told(desired, knew(5), { allow }).actions).toEqual([goes]);
  });

  it('without a memory the first run deletes nothing', () => {
    const { actions, guards } = told(desired, seenAs({ memory: null }), {
      allow: [{ code: 'G153', scope: 'store/main' }],
    });
    expect([actions, guards]).toEqual([[`${goes} !G153`], ['withhold G153 store/main']]);
  });
});

describe('G154: the clock', () => {
  const clock = (memory: Partial<StoreMemory>) => told(desired, seenAs({ memory }));

  it('moved against the boot clock by more than an hour', () => {
    expect(clock({ bootClockSeconds: 9 * day - 2 * hour }).guards).toEqual([]);
    const { guards, actions, plan } = clock({ bootClockSeconds: 9 * day - 2 * hour - 1 });
    expect([actions, guards]).toEqual([[`${goes} !G154`], ['block G154 host']]);
    expect(plan.guards[0]?.facts).toEqual({ how: 'moved', seconds: -3601 });
  });

  it('behind what was written, after another boot', () => {
    const reboot = (at: string) => clock({ bootId: 'other', at }).guards;
    expect(reboot('2026-11-22T09:30:01.000Z')).toEqual([]);
    expect(reboot('2026-11-22T09:30:03.000Z')).toEqual(['block G154 host']);
    const later = directory(web01, [...two.chains, chain('2026-12-01T01:00:00.000Z', 1)]);
    const observed = world(desired, [tracked(web01, later)], [later], {
      memory: { bootId: 'other' },
    });
    expect(told(desired, observed).guards).toEqual(['block G154 host']);
  });
});

describe('G201: how much may go at once', () => {
  /** A domain with chains of one point; `last 1` lets go of all but the newest. */
  const with1 = (number: number, chains: number, doomed = 0) => {
    const one = domain(number, `vm${number}`);
    const all = Array.from({ length: chains }, (_none, index) =>
      chain(
        new Date(
          Date.parse('2026-11-22T01:00:00.000Z') - (chains - 1 - index) * day * 1000,
        ).toISOString(),
        1,
      ),
    );
    return {
      one: tracked(one, directory(one, all)),
      where: directory(one, all),
      rule: desiredDomain(number, `vm${number}`, { retention: rule }),
      doomed: all.slice(0, doomed).map(({ id }) => id),
    };
  };
  const planOf = (
    all: readonly ReturnType<typeof with1>[],
    asked: Parameters<typeof told>[2] = {},
  ) => {
    const policy = desiredState(all.map((each) => each.rule));
    const memory = {
      doomed: Object.fromEntries(all.map(({ rule: { uuid }, doomed }) => [uuid, doomed])),
    };
    const observed = world(
      policy,
      all.map((each) => each.one),
      all.map((each) => each.where),
      { memory },
    );
    return told(policy, observed, asked);
  };

  it('one chain of a domain may always go', () => {
    expect(planOf([with1(1, 2)]).guards).toEqual([]);
  });

  it('two of three are too many; the words of the override', () => {
    const { guards, actions, plan } = planOf([with1(1, 3)]);
    expect(guards).toEqual(['block G201 domain/vm1']);
    expect(actions.every((line) => line.endsWith('!G201'))).toBe(true);
    expect(plan.guards[0]?.facts).toEqual({ chains: 2, of: 3, limit: 1 });
    const allow = [{ code: 'G201', scope: 'domain/vm1' }];
    expect(planOf([with1(1, 3)], { allow }).guards).toEqual(['allowed G201 domain/vm1']);
  });

  it('not counted: one chain that the last apply had doomed and a newer full replaces', () => {
    expect(planOf([with1(1, 3, 1)]).guards).toEqual([]);
    // Only one: the second is counted again.
    expect(planOf([with1(1, 4, 2)]).guards).toEqual(['block G201 domain/vm1']);
  });

  it('more than 5 chains of a host', () => {
    const six = Array.from({ length: 6 }, (_none, index) => with1(index + 1, 2));
    const { guards, actions } = planOf(six);
    expect(guards).toEqual(['block G201 host']);
    expect(actions.filter((line) => line.endsWith('!G201'))).toHaveLength(6);
    expect(planOf(six.slice(1)).guards).toEqual([]);
  });

  it('a rotation night of many domains does not block', () => {
    const six = Array.from({ length: 6 }, (_none, index) => with1(index + 1, 2, 1));
    expect(planOf(six).guards).toEqual([]);
  });

  it('nobody there: at most two a loop, the rest comes later', () => {
    const four = Array.from({ length: 4 }, (_none, index) => with1(index + 1, 2));
    const { guards, actions, plan } = planOf(four, { unattended: true });
    expect(guards).toEqual(['withhold G201 host']);
    expect(actions.map((line) => line.endsWith('!G201'))).toEqual([false, false, true, true]);
    expect(plan.guards[0]?.facts).toEqual({ how: 'later', chains: 4, limit: 2 });
  });
});

describe('G202, G205: see deletions.test.ts', () => {
  it('G202: has no override when nobody is there', () => {
    const old = directory(domain(7, 'old07'), [chain('2026-02-01T01:00:00.000Z', 1)]);
    const removed = [
      { name: 'old07', uuid: uuidOf(7), chain: old.chains[0]?.id ?? null, place: place(31) },
    ];
    const policy = desiredState([desiredDomain(1, 'web01')], { removed });
    const observed = world(policy, [tracked(web01, two)], [two, old]);
    const allow = [{ code: 'G202', scope: 'domain/old07' }];
    expect(told(policy, observed, { allow, unattended: true }).guards).toEqual([
      'block G202 domain/old07',
    ]);
  });
});

describe('G207: the only copy', () => {
  it('blocks what goes by retention of a domain with a mirror, for this version copies nothing', () => {
    const mirror = {
      name: 'nas',
      type: 'rsync',
      target: 'backup@nas:/vol',
      retention: rule,
      bandwidthBytesPerSecond: null,
      place: place(12),
    } as const;
    const mirrored = desiredState(
      [desiredDomain(1, 'web01', { retention: rule, mirrors: ['nas'] })],
      {
        mirrors: [mirror],
      },
    );
    const { guards, notes, actions, plan } = told(mirrored, seenAs());
    expect([actions, guards]).toEqual([[`${goes} !G207`], ['block G207 domain/web01']]);
    expect(notes).toEqual(['mirror-not-built policy']);
    expect(plan.observed.at(-1)).toMatchObject({ part: 'nas', seen: false });
    const allow = [{ code: 'G207', scope: 'domain/web01' }];
    expect(told(mirrored, seenAs(), { allow }).actions).toEqual([goes]);
    expect(told(mirrored, seenAs(), { allow, unattended: true }).actions).toEqual([
      `${goes} !G207`,
    ]);
  });
});

describe('G208: deletions wait for the backup of the same domain', () => {
  it('are blocked with it', () => {
    const older = directory(web01, [
      chain('2026-11-20T01:00:00.000Z', 1),
      chain('2026-11-21T01:00:00.000Z', 1),
    ]);
    const full = world(desired, [tracked(web01, older)], [older], { store: { freeBytes: gib } });
    const { actions, guards } = told(desired, full);
    expect(actions).toEqual([
      'backup domain/web01 !G407',
      'trash-chain domain/web01/20261120T010000Z-00cc !G208',
    ]);
    expect(guards).toEqual(['block G407 store/main', 'withhold G208 domain/web01']);
  });
});

describe('G210: a retention that was reduced', () => {
  const before = (keep: Record<string, number> | null, minPoints = 1) =>
    told(
      desired,
      seenAs({ memory: { retention: { [uuidOf(1)]: { maxPoints: 30, minPoints, keep } } } }),
    );

  it.each([
    ['a number got smaller', { last: 2 }, 'last 2 to 1'],
    ['a rule went', { last: 1, daily: 7 }, 'daily 7 to 0'],
    ['all was kept', null, 'all to some'],
  ])('%s', (_what, keep, reduced) => {
    const { actions, guards, plan } = before(keep);
    expect([actions, guards]).toEqual([[`${goes} !G210`], ['block G210 domain/web01']]);
    expect(plan.guards[0]?.facts).toEqual({ reduced });
  });

  it('the floor got lower', () => {
    expect(before({ last: 1 }, 2).guards).toEqual(['block G210 domain/web01']);
  });

  it('the same, or more, is fine; so is what somebody allows', () => {
    expect(before({ last: 1 }).guards).toEqual([]);
    expect(before({}).guards).toEqual([]);
    const reduced = seenAs({
      memory: { retention: { [uuidOf(1)]: { maxPoints: 30, minPoints: 1, keep: { last: 2 } } } },
    });
    const allow = [{ code: 'G210', scope: 'domain/web01' }];
    expect(told(desired, reduced, { allow }).actions).toEqual([goes]);
  });
});

describe('G211: a rename that nobody told', () => {
  const renamed = domain(1, 'web-new');
  const policy = desiredState([desiredDomain(1, 'web-new')]);
  const older = directory(web01, [chain('2026-11-18T01:00:00.000Z', 3)]);

  it('blocks the backup', () => {
    const { actions, guards } = told(policy, world(policy, [tracked(renamed, older)], [older]));
    expect(guards).toEqual(['block G211 domain/web-new']);
    expect(actions).toEqual(['backup domain/web-new !G211']);
  });

  it('moved: says it: the directory stays, the chain goes on', () => {
    const moved = [
      { from: 'web01', to: 'web-mid', place: place(30) },
      { from: 'web-mid', to: 'web-new', place: place(31) },
    ];
    const told1 = told({ ...policy, moved }, world(policy, [tracked(renamed, older)], [older]));
    expect([told1.actions, told1.guards]).toEqual([['backup domain/web-new'], []]);
    expect(told1.backups[0]).toMatchObject({ directory: 'web01', level: 'increment', sequence: 3 });
    expect(told1.notes).toEqual(['moved domain/web-new']);
  });
});

describe('G213: files in a backing chain', () => {
  const below = (path: string) =>
    domain(5, 'drill', {
      disks: [
        {
          ...disk('drill', 'vda', 501),
          images: seen([
            {
              identity: identityOf('/tmp/overlay.qcow2', 501),
              stat: statOf('/tmp/overlay.qcow2', 501),
            },
            { identity: identityOf(path, 502), stat: statOf(path, 502) },
          ]),
        },
      ],
    });

  it('are never moved', () => {
    const path =
      '/backups/domains/web01/20261121T010000Z-00cc/0000-20261121T010000Z-full/vda.qcow2';
    const observed = world(desired, [tracked(web01, two), below(path)], [two]);
    const { actions, guards } = told(desired, observed, {
      allow: [{ code: 'G213', scope: 'domain/web01/20261121T010000Z-00cc' }],
    });
    expect(actions).toEqual([`${goes} !G213`]);
    expect(guards).toEqual(['block G213 domain/web01/20261121T010000Z-00cc']);
    const beside = path.replace('20261121T010000Z-00cc', '20261122T010000Z-00cc');
    expect(
      told(desired, world(desired, [tracked(web01, two), below(beside)], [two])).guards,
    ).toEqual([]);
  });

  it('of a domain whose images could not be seen: it may stand on any', () => {
    const dark = (code: string) =>
      domain(5, 'dark', { disks: [disk('dark', 'vda', 1, { images: unseen(code, 'no') })] });
    const seenWith = (code: string) => world(desired, [tracked(web01, two), dark(code)], [two]);
    expect(told(desired, seenWith('image-unreadable')).actions).toEqual([`${goes} !G213`]);
    const allow = [{ code: 'G213', scope: 'domain/dark' }];
    expect(told(desired, seenWith('image-unreadable'), { allow }).actions).toEqual([goes]);
    // A missing image stands on nothing.
    expect(told(desired, seenWith('image-missing')).actions).toEqual([goes]);
  });
});

describe('G407: space', () => {
  const db1 = domain(2, 'db1', { disks: [disk('db1', 'vda', 201, { allocatedBytes: 60 * gib })] });
  const mail = domain(3, 'mail', {
    disks: [disk('mail', 'vda', 301, { allocatedBytes: 30 * gib })],
  });
  const policy = desiredState([desiredDomain(2, 'db1'), desiredDomain(3, 'mail')]);
  const free = (freeBytes: number, more: Parameters<typeof world>[3] = {}) =>
    told(policy, world(policy, [db1, mail], [], { store: { freeBytes }, ...more }));

  it('counts the plan’s backups together, above the reserve; a smaller one may still fit', () => {
    expect(free(190 * gib).guards).toEqual([]);
    const { actions, plan } = free(189 * gib);
    expect(actions).toEqual(['backup domain/db1', 'backup domain/mail !G407']);
    expect(plan.guards[0]?.facts).toEqual({
      freeBytes: 189 * gib,
      reserveBytes: 100 * gib,
      neededBytes: 90 * gib,
    });
    expect(free(140 * gib).actions).toEqual(['backup domain/db1 !G407', 'backup domain/mail']);
  });

  it('a reserve in bytes; a full of unknown allocation counts with its size', () => {
    const small = { ...policy, stores: [desiredStore({ reserve: { kind: 'bytes', bytes: gib } })] };
    const observed = (freeBytes: number) =>
      world(
        small,
        [domain(2, 'db1', { disks: [disk('db1', 'vda', 1, { allocatedBytes: null })] })],
        [],
        {
          store: { freeBytes },
        },
      );
    expect(told(small, observed(21 * gib)).guards).toEqual([]);
    expect(told(small, observed(21 * gib - 1)).guards).toEqual(['block G407 store/main']);
  });

  it('a running guest needs scratch, one that is off does not', () => {
    const tiny = { path: '/s', freeBytes: gib, limitBytes: 1024 ** 2 };
    const { guards, actions } = free(900 * gib, { scratch: seen(tiny) });
    expect(guards).toEqual(['block G407 scratch']);
    expect(actions.every((line) => line.endsWith('!G407'))).toBe(true);
    const isOff = world(policy, [off(db1), off(mail)], [], { scratch: seen(tiny) });
    expect(told(policy, isOff).guards).toEqual([]);
  });

  it('never deletes to make room', () => {
    const { actions } = told(desired, seenAs({ store: { freeBytes: 0 } }));
    expect(actions).toEqual([goes]);
  });
});

it('a read-only store takes no point and loses none', () => {
  const observed = seenAs({ store: { writable: false } });
  expect([told(desired, observed).actions, told(desired, observed).notes]).toEqual([
    [],
    ['store-read-only store/main'],
  ]);
});
