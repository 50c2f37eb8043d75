import { describe, expect, it } from 'vitest';
import type { ObservedDomain } from '../../src/model/observed.ts';
import { seen } from '../../src/model/result.ts';
import { chain, directory } from './build-chain.ts';
import { disk, domain, identityOf, off, statOf, tracked } from './build-domain.ts';
import { gib } from './build-policy.ts';
import { planned, threeDays, twoDisks } from './planned.ts';

describe('a running domain', () => {
  const where = directory(twoDisks, [threeDays]);
  const ready = tracked(twoDisks, where, { dirtyBytes: 600 * 1024 ** 2 });

  it('I2: gets an increment on the checkpoint of its newest published point', () => {
    const { backup, disks } = planned(ready, where);
    expect(disks).toEqual(['vda increment', 'vdb increment']);
    expect(backup).toMatchObject({
      level: 'increment',
      sequence: 3,
      chain: threeDays.id,
      pointDirectory: '0003-20261122T093002Z-inc',
      parent: {
        point: '20261120T010000Z-00aa',
        directory: '0002-20261120T010000Z-inc',
        checkpoint: where.tip?.checkpoint,
      },
      bytes: 1200 * 1024 ** 2,
      release: [where.tip?.checkpoint],
      power: 'running',
    });
    expect(backup?.disks.map(({ base, backing, file }) => [base, backing, file])).toEqual([
      [where.tip?.checkpoint, '../0002-20261120T010000Z-inc/vda.qcow2', 'vda.qcow2'],
      [where.tip?.checkpoint, '../0002-20261120T010000Z-inc/vdb.qcow2', 'vdb.qcow2'],
    ]);
  });

  it('tracker-lost: libvirt does not list the checkpoint', () => {
    const { level, disks, reasons } = planned(twoDisks, where);
    expect(disks).toEqual([
      'vda full: tracker-lost (checkpoint-missing)',
      'vdb full: tracker-lost (checkpoint-missing)',
    ]);
    expect([level, ...(reasons ?? [])]).toEqual(['full', 'due', 'tracker-lost', 'tracker-lost']);
  });

  it('tracker-lost: QEMU has no bitmap on one disk, the other stays an increment', () => {
    const broken: ObservedDomain = {
      ...ready,
      checkpoints: seen(
        ready.checkpoints.seen
          ? ready.checkpoints.value.map((one) => ({
              ...one,
              disks: one.disks.map((each) =>
                each.target === 'vdb' ? { ...each, dirtyBytes: null } : each,
              ),
            }))
          : [],
      ),
    };
    const { level, disks } = planned(broken, where);
    expect(level).toBe('increment');
    expect(disks).toEqual(['vda increment', 'vdb full: tracker-lost (bitmap-missing)']);
  });

  it('disk-new: a disk that the parent does not hold', () => {
    const more = { ...twoDisks, disks: [...twoDisks.disks, disk('db1', 'vdc', 103)] };
    expect(planned(tracked(more, where), where).disks).toEqual([
      'vda increment',
      'vdb increment',
      'vdc full: disk-new',
    ]);
  });

  it('disk-removed: the rest stays an increment, and the plan says so', () => {
    const fewer = { ...ready, disks: ready.disks.slice(0, 1) };
    const { disks, reasons } = planned(fewer, where);
    expect(disks).toEqual(['vda increment']);
    expect(reasons).toEqual(['due', 'disk-removed']);
  });

  it('source-changed: two images were swapped between two targets', () => {
    const swapped = {
      ...ready,
      disks: [disk('db1', 'vda', 102), disk('db1', 'vdb', 101)],
    };
    expect(planned(swapped, where).disks).toEqual([
      'vda full: source-changed',
      'vdb full: source-changed',
    ]);
  });

  it.each([
    ['another inode', { inode: 999 }],
    ['another device', { device: 1 }],
    ['another format', { format: 'qed' }],
    ['another serial', { serial: 'S1' }],
  ])('source-changed: %s', (_what, identity) => {
    const path = '/var/lib/libvirt/images/db1-vda.qcow2';
    const other = {
      ...ready,
      disks: ready.disks.map((each) =>
        each.target === 'vda'
          ? {
              ...each,
              images: seen([{ identity: { ...identityOf(path, 101), ...identity }, stat: null }]),
            }
          : each,
      ),
    };
    expect(planned(other, where).disks[0]).toBe('vda full: source-changed');
  });

  it('a renamed image file is the same source', () => {
    const renamed = {
      ...ready,
      disks: ready.disks.map((each) =>
        each.target === 'vda'
          ? { ...each, images: seen([{ identity: identityOf('/moved/a.qcow2', 101), stat: null }]) }
          : each,
      ),
    };
    expect(planned(renamed, where).disks[0]).toBe('vda increment');
  });

  it('an external snapshot: the image of the manifest lies below the new active one', () => {
    const path = '/var/lib/libvirt/images/db1-vda';
    const overlay = (serial: string | null): ObservedDomain => ({
      ...ready,
      disks: ready.disks.map((each) =>
        each.target === 'vda'
          ? {
              ...each,
              images: seen([
                {
                  identity: { ...identityOf(`${path}.snap1`, 777), serial },
                  stat: statOf(`${path}.snap1`, 777),
                },
                { identity: identityOf(`${path}.qcow2`, 101), stat: statOf(`${path}.qcow2`, 101) },
              ]),
            }
          : each,
      ),
    });
    expect(planned(overlay(null), where).disks).toEqual(['vda increment', 'vdb increment']);
    // libvirt tells the serial number of the active image only: it is the disk's.
    const tip = where.tip;
    if (tip === null) throw new Error('no tip');
    const withSerial = {
      ...where,
      tip: {
        ...tip,
        disks: tip.disks.map((each) =>
          each.target === 'vda' ? { ...each, source: { ...each.source, serial: 'S1' } } : each,
        ),
      },
    };
    expect(planned(overlay('S1'), withSerial).disks).toEqual(['vda increment', 'vdb increment']);
    expect(planned(overlay('S2'), withSerial).disks[0]).toBe('vda full: source-changed');
  });

  it('a resized disk stays an increment with its new size', () => {
    const grown = {
      ...ready,
      disks: ready.disks.map((each) => ({ ...each, sizeBytes: 40 * gib })),
    };
    const { disks, backup } = planned(grown, where);
    expect(disks).toEqual(['vda increment', 'vdb increment']);
    expect(backup?.disks.map(({ sizeBytes }) => sizeBytes)).toEqual([40 * gib, 40 * gib]);
  });

  it('no-tracker: the parent took a disk without a bitmap', () => {
    const tip = where.tip;
    if (tip === null) throw new Error('no tip');
    const untracked = {
      ...where,
      tip: {
        ...tip,
        disks: tip.disks.map((each) => ({ ...each, tracked: each.target === 'vda' })),
      },
    };
    expect(planned(ready, untracked).disks).toEqual(['vda increment', 'vdb full: no-tracker']);
  });

  it('a paused domain is taken as it is', () => {
    expect(planned({ ...ready, state: 'paused' }, where).backup?.power).toBe('paused');
  });
});

describe('a domain that is off', () => {
  const one = off(domain(1, 'db1'));
  const where = directory(one, [threeDays]);

  it('gets an increment when libvirt lists the checkpoint and the bitmap is whole', () => {
    const { disks, backup, actions } = planned(tracked(one, where), where);
    expect(actions).toEqual(['backup domain/db1']);
    expect(disks).toEqual(['vda increment']);
    // Nobody counts what changed: what the newest increments were is the estimate.
    expect([backup?.power, backup?.bytes, backup?.bytesFrom]).toEqual([
      'off',
      threeDays.points[1]?.bytes,
      'history',
    ]);
  });

  it.each([
    ['crashed', { stateReason: 'crashed' }, ['in-use', 'auto'], 'crashed'],
    ['in-use', {}, ['in-use'], 'in-use'],
    ['not persistent', {}, [], 'bitmap-missing'],
  ])('tracker-lost: %s', (_what, more, flags, how) => {
    const lost = tracked({ ...one, ...more }, where, { flags });
    expect(planned(lost, where).disks).toEqual([`vda full: tracker-lost (${how})`]);
  });

  it('tracker-lost: the bitmap is gone', () => {
    const listed = tracked(one, where);
    const gone = { ...listed, disks: listed.disks.map((each) => ({ ...each, bitmaps: seen([]) })) };
    expect(planned(gone, where).disks).toEqual(['vda full: tracker-lost (bitmap-missing)']);
  });

  it('a bitmap in a lower layer is no tracker', () => {
    const listed = tracked(one, where);
    const [first] = listed.disks;
    if (first === undefined || !first.images.seen) throw new Error('no disk');
    const overlaid = {
      ...listed,
      disks: [
        {
          ...first,
          images: seen([
            { identity: identityOf('/snap', 777), stat: statOf('/snap', 777) },
            ...first.images.value,
          ]),
          // Bitmaps of the active image: the overlay has none.
          bitmaps: seen([]),
        },
      ],
    };
    expect(planned(overlaid, where).disks).toEqual(['vda full: tracker-lost (bitmap-missing)']);
  });

  it('redefines a checkpoint that libvirt forgot, and builds on it', () => {
    const { actions, disks, backup } = planned(tracked(one, where, { listed: false }), where);
    expect(actions).toEqual(['redefine-checkpoint domain/db1', 'backup domain/db1']);
    expect(disks).toEqual(['vda increment']);
    expect(backup?.dependsOn).toEqual([`redefine-checkpoint:main:${one.uuid}`]);
  });

  it('does not redefine when one disk has lost its bitmap: a full of all', () => {
    const two = off(twoDisks);
    const both = directory(two, [threeDays]);
    const unlisted = tracked(two, both, { listed: false });
    const half = {
      ...unlisted,
      disks: unlisted.disks.map((each) =>
        each.target === 'vdb' ? { ...each, bitmaps: seen([]) } : each,
      ),
    };
    const { actions, disks } = planned(half, both);
    expect(actions).toEqual(['backup domain/db1']);
    expect(disks).toEqual([
      'vda full: tracker-lost (checkpoint-missing)',
      'vdb full: tracker-lost (bitmap-missing)',
    ]);
  });

  it('redefines also when no point is due, so that a start does not cost a full', () => {
    const fresh = directory(one, [chain('2026-11-20T01:00:00.000Z', 3)]);
    const { actions } = planned(tracked(one, fresh, { listed: false }), fresh);
    expect(actions).toEqual(['redefine-checkpoint domain/db1']);
  });
});

describe('disks without trackers', () => {
  it('raw: a domain with one raw disk gets an increment with one whole disk', () => {
    const mixed = domain(1, 'db1', {
      disks: [disk('db1', 'vda', 101), disk('db1', 'vdb', 102, { format: 'raw' })],
    });
    const where = directory(mixed, [threeDays]);
    const { disks, backup, reasons } = planned(tracked(mixed, where), where);
    expect(disks).toEqual(['vda increment', 'vdb full: raw']);
    expect(backup?.disks.map((each) => each.tracked)).toEqual([true, false]);
    // A raw disk beside increments is no news.
    expect(reasons).toEqual(['due']);
  });

  it('raw only: each point is a full, begins a chain and has no checkpoint', () => {
    const raw = domain(1, 'db1', { disks: [disk('db1', 'vda', 101, { format: 'raw' })] });
    const where = directory(raw, [chain('2026-11-20T01:00:00.000Z', 1)]);
    const { backup, disks, reasons } = planned(raw, where);
    expect(disks).toEqual(['vda full: raw']);
    expect(reasons).toEqual(['due', 'raw']);
    expect([backup?.level, backup?.sequence, backup?.checkpoint]).toEqual(['full', 0, null]);
  });

  it('format: what is neither qcow2 nor raw', () => {
    const vmdk = domain(1, 'db1', { disks: [disk('db1', 'vda', 101, { format: 'vmdk' })] });
    const where = directory(vmdk, [chain('2026-11-20T01:00:00.000Z', 1)]);
    expect(planned(vmdk, where).disks).toEqual(['vda full: format']);
  });

  it('tracker-never: a full without a checkpoint, and the old checkpoint goes', () => {
    const one = domain(1, 'db1');
    const where = directory(one, [threeDays]);
    const { actions, disks, backup } = planned(tracked(one, where), where, { tracker: 'never' });
    expect(actions).toEqual(['drop-checkpoint domain/db1', 'backup domain/db1']);
    expect(disks).toEqual(['vda full: tracker-never']);
    expect(backup?.checkpoint).toBeNull();
  });
});
