import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { policyCodes } from '../../src/policy/codes.ts';
import { nearest, suggestion } from '../../src/policy/nearest.ts';
import {
  amountOf,
  durationSeconds,
  rateBytesPerSecond,
  sizeBytes,
} from '../../src/policy/quantity.ts';

const root = join(import.meta.dirname, '..', '..');
const files = (folder: string, ending: string): string =>
  readdirSync(join(root, folder), { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith(ending))
    .map((file) => readFileSync(join(root, folder, file), 'utf8'))
    .join('\n');

describe('codes', () => {
  const codes = Object.keys(policyCodes);

  it('are used, and seen by a test', () => {
    const source = files('src/policy', '.ts').replace(/export const policyCodes[^;]*;/s, '');
    const tests = files('test/policy', '.ts') + files('examples/policies/invalid', '.txt');
    expect(codes.length).toBeGreaterThan(40);
    expect(codes.filter((code) => !source.includes(`'${code}'`))).toEqual([]);
    expect(codes.filter((code) => !tests.includes(code))).toEqual([]);
  });

  it('are explained in whole sentences', () => {
    for (const text of Object.values(policyCodes)) expect(text).toMatch(/^[A-Zh].*[.]$/);
  });
});

describe('nearest', () => {
  it.each([
    ['retenton', 'retention'],
    ['retnetion', 'retention'],
    ['Retention', 'retention'],
    ['sto', 'store'],
    ['mian', 'main'],
    ['x', null],
    ['completely different', null],
    ['', null],
  ])('%j: %j', (text, expected) => {
    expect(nearest(text, ['retention', 'store', 'schedule', 'main'])).toBe(expected);
  });

  it('lists what there is when nothing is near, a dozen at most', () => {
    const many = Array.from({ length: 20 }, (_, index) => `name${index}`);
    expect(suggestion('zzz', many)).toBe(`possible: ${many.slice(0, 12).join(', ')}, …`);
    expect(suggestion('zzz', [])).toBe(null);
  });
});

it('quantities', () => {
  expect(['90s', '5m', '72h', '14d', '2w'].map(durationSeconds)).toEqual([
    90, 300, 259_200, 1_209_600, 1_209_600,
  ]);
  expect(['512B', '1KiB', '1KB', '48GiB', '1.5 TB', '2M'.concat('iB')].map(sizeBytes)).toEqual([
    512, 1024, 1000, 51_539_607_552, 1_500_000_000_000, 2_097_152,
  ]);
  expect(rateBytesPerSecond('50MiB/s')).toBe(52_428_800);
  expect(amountOf('0%')).toEqual({ kind: 'percent', percent: 0 });
  expect(amountOf('2GB')).toEqual({ kind: 'bytes', bytes: 2_000_000_000 });
});
