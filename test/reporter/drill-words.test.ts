import { expect, it } from 'vitest';
import { chainId, pointId } from '../../src/model/identity.ts';
import { bootedWords, drilledWords, drillStep } from '../../src/reporter/drill-words.ts';
import { zonedClock } from '../../src/reporter/zoned-clock.ts';

const now = '2026-11-22T09:30:00.000Z';
const record = {
  formatVersion: 1,
  at: '2026-11-22T06:30:00.000Z',
  chain: chainId('20261122T020000Z-4f7a'),
  point: pointId('20261122T020000Z-9c1e'),
  sequence: 0,
  frozenAt: now,
  result: 'passed',
  failure: null,
  usableSeconds: 6.24,
  wait: 'agent',
  script: null,
  screenshot: null,
  host: 'kvm01',
  mirror: null,
} as const;
const failed = { ...record, result: 'failed', usableSeconds: null } as const;
const earlier = { ...record, at: '2026-11-01T09:30:00.000Z' };

const words = (wanted: boolean, drill: Parameters<typeof bootedWords>[0]['drill']): string =>
  bootedWords({ wanted, drill }, now);

it('says when a domain was last proven bootable', () => {
  expect(words(true, null)).toBe('never');
  expect(words(false, null)).toBe('');
  expect(words(true, { formatVersion: 1, last: record, passed: record })).toBe('3h ago');
  expect(words(true, { formatVersion: 1, last: failed, passed: earlier })).toBe(
    'FAILED 3h ago, last good 21d ago',
  );
  expect(words(true, { formatVersion: 1, last: failed, passed: null })).toBe(
    'FAILED 3h ago, never good',
  );
});

it('says how the drill of a point ended', () => {
  const clock = zonedClock('Europe/Berlin');
  expect(drilledWords(record, clock)).toBe('2026-11-22 07:30+01:00, 6.2 s');
  expect(drilledWords({ ...record, usableSeconds: null }, clock)).toBe(
    '2026-11-22 07:30+01:00, up',
  );
  expect(drilledWords(failed, clock)).toBe('2026-11-22 07:30+01:00, failed');
});

const step = (name: string, path: string | null, action = 'drill:main:1'): string | null =>
  drillStep({ kind: 'step', action, step: name, path });

it('tells the steps of a drill, and of nothing else', () => {
  expect(step('boot', 'web01-drill')).toBe('booting web01-drill');
  expect(step('wait', 'agent')).toBe('waiting for agent');
  expect(step('usable', '6.2 s')).toBe('usable after 6.2 s');
  expect(step('kept', 'web01-drill')).toBe(
    'left running as web01-drill: end it with Ctrl-C, or shut it down',
  );
  expect(step('note-drill', '0000-full')).toBeNull();
  expect(step('boot', null)).toBeNull();
  expect(step('boot', 'x', 'backup:main:1')).toBeNull();
});
