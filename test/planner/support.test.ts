import { describe, expect, it } from 'vitest';
import type { DesiredDomain } from '../../src/model/desired.ts';
import type { ObservedDomain } from '../../src/model/observed.ts';
import { seen, unseen } from '../../src/model/result.ts';
import { includedDisks } from '../../src/planner/disks.ts';
import { chain, directory, lookedAt } from './build-chain.ts';
import { disk, domain, off, tracked } from './build-domain.ts';
import { desiredDomain, desiredState, mainId, place, uuidOf } from './build-policy.ts';
import { aRun, observedState, mainStore, readyStore, world } from './build.ts';
import { told } from './told.ts';

/** A checkpoint of a point that nobody published. */
const lost = `holdfast-${mainId.slice(0, 8)}-20261119T010000Z-0bad`;

/** The verdict and actions of one domain that is due. */
function due(more: Partial<ObservedDomain>, rule: Partial<DesiredDomain> = {}) {
  const one = domain(1, 'web01', more);
  const where = directory(one, [chain('2026-11-18T01:00:00.000Z', 3)]);
  const desired = desiredState([desiredDomain(1, 'web01', rule)]);
  const { verdicts, backups, guards } = told(
    desired,
    world(desired, [tracked(one, where)], [where]),
  );
  return [verdicts['web01'], backups.length, ...guards];
}

describe('I13: what cannot be backed up now, and why', () => {
  it.each([
    ['transient', { persistent: false }, 'unsupported transient'],
    ['no disks', { disks: [] }, 'unsupported no-disks'],
    ['crashed and not off', { state: 'crashed' }, 'unsupported crashed'],
    ['suspended', { state: 'suspended' }, 'waiting suspended'],
    ['stopping', { state: 'stopping' }, 'waiting stopping'],
    ['a state of a later libvirt', { state: 'unknown' }, 'waiting state-unknown'],
    ['being migrated', { job: { operation: 'migration-out', run: null } }, 'waiting migrating'],
    ['arriving', { state: 'paused', stateReason: 'migrating' }, 'waiting migrating'],
    ['a foreign job', { job: { operation: 'backup', run: null } }, 'waiting foreign-job'],
    ['a job of a living run', { job: { operation: 'backup', run: aRun } }, 'waiting our-job'],
    ['a block job', { blockJobs: ['vda'] }, 'waiting block-job'],
  ] as const)('%s', (_what, more, verdict) => {
    expect(due(more)).toEqual([verdict, 0]);
  });

  it('I11: a managed save is never consumed', () => {
    expect(due({ ...off(domain(1, 'web01')), managedSave: true })).toEqual([
      'waiting managed-save',
      0,
    ]);
  });

  it('an encrypted disk is blocked unless its rule says that plain text is meant', () => {
    const disks = [disk('web01', 'vda', 101, { encrypted: true })];
    expect(due({ disks })).toEqual([
      'blocked plaintext-backup',
      0,
      'block plaintext-backup domain/web01',
    ]);
    expect(due({ disks }, { encryptedDisks: 'plaintext' })).toEqual(['acted-on due', 1]);
    // Left out, it is nobody's plain text.
    const two = [...disks, disk('web01', 'vdb', 102)];
    const rule = { disks: { include: null, exclude: ['vda'] } };
    expect(due({ disks: two }, rule)[0]).toBe('acted-on due');
  });

  it('what is not due is up to date, even while it could not be backed up', () => {
    const one = domain(1, 'web01', { blockJobs: ['vda'] });
    const where = directory(one, [chain('2026-11-20T01:00:00.000Z', 3)]);
    const desired = desiredState([desiredDomain(1, 'web01')]);
    expect(told(desired, world(desired, [one], [where])).verdicts).toEqual({
      web01: 'up-to-date not-due',
    });
  });
});

describe('G151: what is unseen causes no full', () => {
  it.each([
    [
      'an image',
      { disks: [disk('web01', 'vda', 101, { images: unseen('image-unreadable', 'no') })] },
      'unseen disk-unseen',
    ],
    ['checkpoints', { checkpoints: unseen('virsh', 'no') }, 'unseen checkpoints-unseen'],
    [
      'bitmaps',
      off(
        domain(1, 'web01', {
          disks: [disk('web01', 'vda', 101, { bitmaps: unseen('image-unreadable', 'no') })],
        }),
      ),
      'unseen bitmaps-unseen',
    ],
    [
      'bitmaps that nobody looked at',
      { ...domain(1, 'web01'), state: 'off', runningId: null },
      'unseen bitmaps-unseen',
    ],
  ] as const)('%s', (_what, more, verdict) => {
    const one = domain(1, 'web01', more);
    const desired = desiredState([desiredDomain(1, 'web01')]);
    const { verdicts, actions, plan } = told(desired, world(desired, [one], []));
    expect([verdicts['web01'], actions]).toEqual([verdict, []]);
    // Bitmaps that nobody looked at were not tried, so nothing failed to be seen.
    expect(plan.incomplete).toBe(!verdict.endsWith('bitmaps-unseen') || _what === 'bitmaps');
  });

  it('a part of the domain’s own directory: increments go on, fulls for want of a sight do not', () => {
    const one = domain(1, 'web01');
    const where = directory(one, [chain('2026-11-18T01:00:00.000Z', 3)]);
    const desired = desiredState([desiredDomain(1, 'web01')]);
    const store = {
      unreadable: [{ path: 'domains/web01/x/point.json', code: 'EIO', message: 'I/O error' }],
    };
    const seenWith = (state: ObservedDomain, directories = [where], path = store) =>
      told(desired, world(desired, [state], directories, { store: path }));
    const increment = seenWith(tracked(one, where));
    expect(increment.actions).toEqual(['backup domain/web01']);
    // The newest point may be the one that cannot be read: nothing is let go of.
    expect(increment.backups[0]?.release).toEqual([]);
    expect(seenWith(one).verdicts).toEqual({ web01: 'unseen directory-unreadable' });
    // A directory that is called like the domain and cannot be read may be its own.
    const own = { unreadable: [{ path: 'domains/web01', code: 'EIO', message: 'I/O error' }] };
    expect(seenWith(one, [], own).verdicts).toEqual({ web01: 'unseen directory-unreadable' });
    const other = { unreadable: [{ path: 'domains/db1', code: 'EIO', message: 'I/O error' }] };
    expect(seenWith(one, [], other).verdicts).toEqual({ web01: 'acted-on due no-chain' });
    // The policy's own fulls are not for want of a sight.
    const never = desiredState([desiredDomain(1, 'web01', { tracker: 'never' })]);
    expect(told(never, world(never, [one], [where], { store })).verdicts).toEqual({
      web01: 'acted-on due tracker-never',
    });
  });

  it('an unreadable ISO image behind a CD drive is nobody’s business', () => {
    const cdrom = disk('web01', 'sda', 9, {
      device: 'cdrom',
      images: unseen('image-unreadable', 'no'),
    });
    const one = domain(1, 'web01', { disks: [disk('web01', 'vda', 101), cdrom] });
    const desired = desiredState([desiredDomain(1, 'web01')]);
    const { verdicts, plan } = told(desired, world(desired, [one], []));
    expect([verdicts['web01'], plan.incomplete]).toEqual(['acted-on due no-chain', false]);
  });
});

it('disks that a point leaves out, each with its code', () => {
  const one = domain(1, 'web01', {
    disks: [
      disk('web01', 'vda', 1),
      disk('web01', 'vdb', 2),
      disk('web01', 'sda', 3, { device: 'cdrom' }),
      disk('web01', 'fda', 4, { device: 'floppy' }),
      disk('web01', 'sdb', 5, { device: 'lun' }),
      disk('web01', 'vdc', 6, { readonly: true }),
      disk('web01', 'vdd', 7, { transient: true }),
      disk('web01', 'vde', 8, { shareable: true }),
      disk('web01', 'vdf', 9, { kind: 'other' }),
      disk('web01', 'vdg', 10, { kind: 'network' }),
    ],
  });
  const rule = desiredDomain(1, 'web01', { disks: { include: null, exclude: ['vdb'] } });
  const { included, excluded } = includedDisks(one, rule);
  expect(included.map(({ target }) => target)).toEqual(['vda', 'vdg']);
  expect(excluded.map(({ target, code }) => `${target} ${code}`)).toEqual([
    'fda floppy',
    'sda cdrom',
    'sdb lun',
    'vdb excluded',
    'vdc readonly',
    'vdd transient',
    'vde shareable',
    'vdf unsupported-kind',
  ]);
  const only = desiredDomain(1, 'web01', { disks: { include: ['vdg'], exclude: [] } });
  expect(includedDisks(one, only).excluded[0]).toEqual({ target: 'fda', code: 'floppy' });
  expect(includedDisks(one, only).included.map(({ target }) => target)).toEqual(['vdg']);
  const desired = desiredState([rule]);
  expect(told(desired, world(desired, [one], [])).notes).toEqual([
    'disk-left-out domain/web01',
    'disk-left-out domain/web01',
    'disk-left-out domain/web01',
    'disk-left-out domain/web01',
  ]);
});

describe('unchanged: a domain that is off and proven to be what its newest point holds', () => {
  const one = off(domain(1, 'web01'));
  const where = lookedAt(one, directory(one, [chain('2026-11-18T01:00:00.000Z', 3)]));
  const desired = desiredState([desiredDomain(1, 'web01')]);
  const verdictOf = (seenNow: ObservedDomain, look = where) => {
    const { plan, verdicts } = told(desired, world(desired, [tracked(seenNow, look)], [look]));
    return [verdicts['web01'], plan.domains[0]?.freshAt];
  };

  it('is up to date, and as fresh as the look', () => {
    expect(verdictOf(one)).toEqual(['up-to-date unchanged', '2026-11-22T09:30:02.000Z']);
  });

  it.each([
    ['it was written', { mtimeNs: '1700000001000000000' }],
    ['its metadata changed', { ctimeNs: '1700000001000000000' }],
    ['it grew', { sizeBytes: 11 }],
    ['it is another file', { inode: 5 }],
  ])('is due when an image is not the same: %s', (_what, change) => {
    const touched: ObservedDomain = {
      ...one,
      disks: one.disks.map((each) => ({
        ...each,
        images: seen(
          each.images.seen
            ? each.images.value.map((image) => ({
                ...image,
                stat: image.stat === null ? null : { ...image.stat, ...change },
              }))
            : [],
        ),
      })),
    };
    expect(verdictOf(touched)[0]).toBe('acted-on due');
  });

  it('is due when the definition changed, the look was of another point, or it runs', () => {
    expect(verdictOf({ ...one, definitionDigest: 'f'.repeat(64) })[0]).toBe('acted-on due');
    const other = chain('2026-11-01T01:00:00.000Z', 1).points[0];
    if (other === undefined || where.lastLook === null) throw new Error('no point');
    const stale = { ...where, lastLook: { ...where.lastLook, point: other.id } };
    expect(verdictOf(one, stale)[0]).toBe('acted-on due');
    expect(verdictOf({ ...domain(1, 'web01') })[0]).toBe('acted-on due');
  });

  it('is due when a bitmap is taken out of its image, which changes that (I3)', () => {
    const leftover = { name: lost, granularityBytes: 65536, flags: ['auto'] };
    const withLeftover = (all: ObservedDomain): ObservedDomain => ({
      ...all,
      disks: all.disks.map((each) => ({
        ...each,
        bitmaps: seen([...(each.bitmaps?.seen === true ? each.bitmaps.value : []), leftover]),
      })),
    });
    const observed = world(desired, [withLeftover(tracked(one, where))], [where]);
    const { actions, verdicts } = told(desired, observed);
    expect(verdicts['web01']).toBe('acted-on due');
    expect(actions.map((action) => action.split(' ')[0])).toEqual(['drop-checkpoint', 'backup']);
  });

  it('is due when it has a disk more, or one that nobody could stat', () => {
    const more = {
      ...one,
      disks: [...one.disks, disk('web01', 'vdb', 102, { bitmaps: seen([]) })],
    };
    expect(verdictOf(more)[0]).toBe('acted-on due disk-new');
  });

  it('is taken anyway when somebody asks', () => {
    const ask = { address: 'domain/web01', full: false, note: null, hold: null };
    const { verdicts } = told(desired, world(desired, [tracked(one, where)], [where]), {
      now: [ask],
    });
    expect(verdicts['web01']).toBe('acted-on asked due');
  });
});

describe('I13: every domain in exactly one list', () => {
  it('ignored, unmanaged, gone, unseen', () => {
    const gone = domain(5, 'old07');
    const desired = desiredState([desiredDomain(1, 'web01'), desiredDomain(6, 'lost')], {
      ignored: [{ uuid: uuidOf(2), name: 'scratch-1', place: place(27) }],
    });
    const observed = world(
      desired,
      [domain(1, 'web01'), domain(2, 'scratch-1'), domain(3, 'guest')],
      [directory(gone, [chain('2026-11-18T01:00:00.000Z', 3)])],
    );
    const { hypervisor } = observed;
    if (!hypervisor.seen) throw new Error('unseen');
    const half = {
      ...observed,
      hypervisor: seen({
        ...hypervisor.value,
        unseenDomains: [{ uuid: uuidOf(4), name: 'half', code: 'no-xml', message: 'no XML came' }],
      }),
    };
    const { verdicts, plan } = told(desired, half);
    expect(verdicts).toEqual({
      guest: 'unmanaged unmanaged',
      half: 'unseen unseen',
      lost: 'gone gone',
      old07: 'gone gone',
      'scratch-1': 'ignored',
      web01: 'acted-on due no-chain',
    });
    expect(plan.domains.map(({ domain: { uuid } }) => uuid)).toHaveLength(6);
    expect(plan.incomplete).toBe(true);
    expect(plan.domains.find(({ domain: { name } }) => name === 'old07')?.reasons).toEqual([
      { code: 'gone', facts: { chains: 1, points: 3, bytes: 10 * 1024 ** 3 } },
    ]);
  });

  it('is unseen as a whole with the hypervisor', () => {
    const one = domain(1, 'web01');
    const where = directory(one, [chain('2026-11-18T01:00:00.000Z', 3)]);
    const desired = desiredState([desiredDomain(1, 'web01')]);
    const observed = observedState([], [mainStore(readyStore([where]))], {
      hypervisor: unseen('libvirt-unreachable', 'libvirtd does not answer'),
    });
    const { verdicts, actions, plan } = told(desired, observed);
    expect([verdicts, actions, plan.incomplete]).toEqual([{ web01: 'unseen unseen' }, [], true]);
  });
});
