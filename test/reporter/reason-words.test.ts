import { describe, expect, it } from 'vitest';
import { renderPlan } from '../../src/reporter/plan.ts';
import { backup, mail01, planWith } from './sample-plan.ts';

const plain = { color: false, width: null, verbose: false };

const lost = (disk: string) => ({ code: 'tracker-lost', facts: { disk, how: 'in-use' } });

/** The reason column of a full of these disks. */
const reasonsOf = (codes: Parameters<typeof backup>[1]['reasons'], targets: readonly string[]) =>
  renderPlan(
    planWith({
      actions: [
        backup(mail01, {
          ...(codes === undefined ? {} : { reasons: codes }),
          disks: targets.map((target) => ({
            target,
            level: 'full' as const,
            base: null,
            reasons: [],
            source: {
              kind: 'file' as const,
              path: `/images/${target}`,
              device: 1,
              inode: 1,
              stableId: null,
              format: 'qcow2',
              serial: null,
            },
            sizeBytes: 1,
            tracked: true,
            file: `${target}.qcow2`,
            backing: null,
            estimateBytes: 1,
          })),
        }),
      ],
    }),
    plain,
  )
    .split('\n')
    .find((line) => line.includes('domain/mail01'))
    ?.slice(56);

describe('reasons', () => {
  it('are said once for several disks, and without names for all of them', () => {
    expect(reasonsOf([lost('vda'), lost('vdb')], ['vda', 'vdb'])).toBe(
      'tracker lost: QEMU died without writing it',
    );
    expect(reasonsOf([lost('vda'), lost('vdb')], ['vda', 'vdb', 'vdc'])).toBe(
      'tracker lost on vda, vdb: QEMU died without writing it',
    );
    expect(reasonsOf([{ code: 'disk-new', facts: { disk: 'vdb' } }], ['vda', 'vdb'])).toBe(
      'new disk vdb',
    );
  });

  it('of a disk that is gone name it', () => {
    expect(reasonsOf([{ code: 'disk-removed', facts: { disk: 'vdb' } }], ['vda'])).toBe(
      'no disk vdb any more',
    );
  });

  it('of an unknown code show the code and its facts', () => {
    const facts = {
      sizeBytes: 2048,
      waitSeconds: 90,
      at: null,
      seenAt: '2026-11-22T09:00:00.000Z',
    };
    expect(reasonsOf([{ code: 'brand-new', facts }], [])).toBe(
      'brand-new (sizeBytes 2 KiB, waitSeconds 1m 30s, at unknown, seenAt 10:00)',
    );
    expect(reasonsOf([{ code: 'constructor' }], [])).toBe('constructor');
  });
});
