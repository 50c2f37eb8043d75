import { describe, expect, it } from 'vitest';
import type { DesiredState, DesiredStore } from '../../src/model/desired.ts';
import type { StoreMemory } from '../../src/model/observed-store.ts';
import { seen, unseen } from '../../src/model/result.ts';
import { chain, directory } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import { day, desiredState, desiredStore, gib, hour, place, uuidOf } from './build-policy.ts';
import { deadRun, mainStore, readyStore, world } from './build.ts';
import { desired, goes, seenAs, two, web01 } from './guarded.ts';
import { told } from './told.ts';

it('with nothing to say, no guard speaks', () => {
  const { actions, guards, notes } = told(desired, seenAs());
  expect([actions, guards, notes]).toEqual([[goes], [], []]);
});

describe('G104: the policy is for this host', () => {
  it('blocks everything but what a guest cannot wait for', () => {
    const frozen = seen([
      deadRun([{ kind: 'frozen-domain', uuid: uuidOf(1), name: 'web01' } as const]),
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

const unreadable = (path: string) =>
  told(desired, seenAs({ store: { unreadable: [{ path, code: 'EIO', message: 'I/O error' }] } }));

/** No directory is known, something cannot be read, and web01 had so many points at the last apply. */
const hidden = (path: string, points: number) =>
  told(
    desired,
    seenAs({
      store: {
        directories: [],
        unreadable: [{ path, code: 'EIO', message: 'I/O error' }],
      },
      memory: { points: { [web01.uuid]: points } },
    }),
  );

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

  it('the list of all domains: no full of one whose points may be there', () => {
    const observed = seenAs({
      store: {
        directories: [],
        unreadable: [{ path: 'domains', code: 'EIO', message: 'I/O error' }],
      },
    });
    const { backups, verdicts, plan } = told(desired, observed);
    expect([backups.length, plan.incomplete]).toEqual([0, true]);
    expect(verdicts['web01']).toBe('unseen directory-unreadable');
  });

  it('points of a domain that was renamed: no full of one that had points, where nobody can tell whose they are', () => {
    const before = hidden('domains/old-name/x', 2);
    expect([before.backups.length, before.verdicts['web01']]).toEqual([
      0,
      'unseen directory-unreadable',
    ]);
    // One that never had any is not hindered by what was not its own, nor anybody by the trash.
    expect(hidden('domains/old-name/x', 0).backups).toHaveLength(1);
    expect(hidden('.trash/x', 2).backups).toHaveLength(1);
  });

  it('a store that no rule uses makes nothing incomplete, but where points are removed', () => {
    const failure = { code: 'EIO', message: 'I/O error' };
    const dark = { ...mainStore({ kind: 'unseen', failure }), name: 'archive', path: '/archive' };
    const observed = { ...seenAs(), stores: [...seenAs().stores, dark] };
    const archive = desiredStore({ name: 'archive', path: '/archive' });
    const incomplete = (store: DesiredStore, removed: DesiredState['removed'] = []): boolean => {
      const stores = [...desired.stores, store];
      return told({ ...desired, stores, removed }, observed).plan.incomplete;
    };
    const unused = { ...archive, isUnused: true } as const;
    expect([incomplete(archive), incomplete(unused)]).toEqual([true, false]);
    const removed = [{ name: 'old07', uuid: uuidOf(7), chain: null, place: place(9) }];
    expect(incomplete(unused, removed)).toBe(true);
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

const state = (more: object) => ({
  ...seenAs(),
  stores: [mainStore({ ...readyStore([two]), ...more })],
});

describe('G152: the store is the one that it was', () => {
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

const knew = (points: number) => seenAs({ memory: { points: { [uuidOf(1)]: points } } });

describe('G153: points that vanished', () => {
  it('more than half of what the last apply knew', () => {
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

const reboot = (at: string) => clock({ bootId: 'other', at }).guards;

const clock = (memory: Partial<StoreMemory>) => told(desired, seenAs({ memory }));

describe('G154: the clock', () => {
  it('moved against the boot clock by more than an hour', () => {
    expect(clock({ bootClockSeconds: 9 * day - 2 * hour }).guards).toEqual([]);
    const { guards, actions, plan } = clock({ bootClockSeconds: 9 * day - 2 * hour - 1 });
    expect([actions, guards]).toEqual([[`${goes} !G154`], ['block G154 host']]);
    expect(plan.guards[0]?.facts).toEqual({
      how: 'moved',
      direction: 'back',
      seconds: 3601,
    });
  });

  it('behind what was written, after another boot', () => {
    expect(reboot('2026-11-22T09:30:01.000Z')).toEqual([]);
    expect(reboot('2026-11-22T09:30:03.000Z')).toEqual(['block G154 host']);
    const later = directory(web01, [...two.chains, chain('2026-12-01T01:00:00.000Z', 1)]);
    const observed = world(desired, [tracked(web01, later)], [later], {
      memory: { bootId: 'other' },
    });
    expect(told(desired, observed).guards).toEqual(['block G154 host']);
  });
});
