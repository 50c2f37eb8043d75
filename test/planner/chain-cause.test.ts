import { describe, expect, it } from 'vitest';
import type { DesiredDomain } from '../../src/model/desired.ts';
import { seen } from '../../src/model/result.ts';
import { chain, directory, withPoint } from './build-chain.ts';
import { domain, tracked } from './build-domain.ts';
import { day, desiredDomain, desiredState, now, retentionOf } from './build-policy.ts';
import { world } from './build.ts';
import { planned, threeDays } from './planned.ts';
import { told } from './told.ts';

const aged = (maxAgeSeconds: number) =>
  retentionOf(null, { chain: { maxPoints: 30, maxAgeSeconds } });

/** The same chain with its points so numbered that this is the last. */
const numbered = (last: number) => ({
  ...threeDays,
  points: threeDays.points.map((point, at) => ({ ...point, sequence: last - 2 + at })),
});

describe('what begins a chain', () => {
  const one = domain(1, 'db1');
  const causeOf = (
    chains: Parameters<typeof directory>[1],
    rule: Partial<DesiredDomain> = {},
    asked: Parameters<typeof told>[2] = {},
  ) => {
    const where = directory(one, chains);
    const { backup, reasons } = planned(tracked(one, where), where, rule, asked);
    return [backup?.level, backup?.sequence, ...(reasons ?? [])];
  };

  it('chain-complete', () => {
    const retention = retentionOf(null, { chain: { maxPoints: 3, maxAgeSeconds: null } });
    expect(causeOf([threeDays], { retention })).toEqual(['full', 0, 'due', 'chain-complete']);
    const four = retentionOf(null, { chain: { maxPoints: 4, maxAgeSeconds: null } });
    expect(causeOf([threeDays], { retention: four })).toEqual(['increment', 3, 'due']);
  });

  it('chain-complete: a directory has no name for the million and first point', () => {
    const retention = retentionOf(null, { chain: { maxPoints: 2_000_000, maxAgeSeconds: null } });
    expect(causeOf([numbered(999_999)], { retention })).toEqual([
      'full',
      0,
      'due',
      'chain-complete',
    ]);
    expect(causeOf([numbered(999_998)], { retention })).toEqual(['increment', 999_999, 'due']);
  });

  it('chain-too-old: from the full to the observation', () => {
    expect(causeOf([threeDays], { retention: aged(4 * day) })).toEqual([
      'full',
      0,
      'due',
      'chain-too-old',
    ]);
    expect(causeOf([threeDays], { retention: aged(5 * day) })).toEqual(['increment', 3, 'due']);
  });

  it.each(['restored', 'untracked'] as const)('%s', (closed) => {
    expect(causeOf([{ ...threeDays, closed }])).toEqual(['full', 0, 'due', closed]);
  });

  it('asked: --now --full, with its note and hold', () => {
    const where = directory(one, [chain('2026-11-20T01:00:00.000Z', 3)]);
    const ask = { address: 'db1', full: true, note: 'before the upgrade', hold: 'upgrade' };
    const { backup, reasons } = planned(tracked(one, where), where, {}, { now: [ask] });
    expect(reasons).toEqual(['asked', 'asked-full']);
    expect([backup?.level, backup?.note, backup?.hold]).toEqual([
      'full',
      'before the upgrade',
      'upgrade',
    ]);
  });

  it('asked: --now takes an increment although none is due', () => {
    const where = directory(one, [chain('2026-11-20T01:00:00.000Z', 3)]);
    const ask = { address: 'domain/db1', full: false, note: null, hold: null };
    const { level, reasons } = planned(tracked(one, where), where, {}, { now: [ask] });
    expect([level, reasons]).toEqual(['increment', ['asked']]);
  });

  it('parent-faulty: a newer point is faulty, so the tracker of the valid one is gone', () => {
    const faulty = withPoint(threeDays, 2, { fault: 'file-size' });
    expect(causeOf([faulty])).toEqual(['full', 0, 'due', 'parent-faulty']);
    const newer = withPoint(chain('2026-11-21T01:00:00.000Z', 1), 0, { fault: 'quarantined' });
    expect(causeOf([threeDays, newer])).toEqual(['full', 0, 'due', 'parent-faulty']);
  });

  it('no-valid-point: there are points, and none is valid', () => {
    const dead = withPoint(chain('2026-11-20T01:00:00.000Z', 1), 0, { fault: 'file-missing' });
    expect(causeOf([dead])).toEqual(['full', 0, 'due', 'no-valid-point']);
  });
});

it('ids come from the observation: the plan throws no dice, and nothing has them yet', () => {
  const one = domain(1, 'db1');
  const desired = desiredState([desiredDomain(1, 'db1')]);
  const first = told(desired, world(desired, [one], [])).backups[0];
  const again = told(desired, world(desired, [one], [])).backups[0];
  expect(first).toEqual(again);
  expect(first?.point.slice(0, 17)).toBe('20261122T093002Z-');
  expect(first?.checkpoint).toBe(`holdfast-5a0e1111-${first?.point}`);
  // A retry in the same second: the id that is taken is not taken again.
  const taken = { name: first?.checkpoint ?? '', parent: null, disks: [] };
  const retry = told(desired, world(desired, [{ ...one, checkpoints: seen([taken]) }], []));
  expect(retry.backups[0]?.point).not.toBe(first?.point);
  expect(now).toBe('2026-11-22T09:30:02.000Z');
});
