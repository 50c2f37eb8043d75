import { describe, expect, it } from 'vitest';
import { seen, unseen } from '../../src/model/result.ts';
import { chain, directory } from './build-chain.ts';
import { disk, domain, identityOf, off, statOf, tracked } from './build-domain.ts';
import { desiredDomain, desiredState, desiredStore, gib, place } from './build-policy.ts';
import { world } from './build.ts';
import { desired, goes, seenAs, two, web01 } from './guarded.ts';
import { told } from './told.ts';

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

const dark = (code: string) =>
  domain(5, 'dark', { disks: [disk('dark', 'vda', 1, { images: unseen(code, 'no') })] });

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

const seenWith = (code: string) => world(desired, [tracked(web01, two), dark(code)], [two]);

describe('G213: files in a backing chain', () => {
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
