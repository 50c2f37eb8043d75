import { describe, expect, it } from 'vitest';
import { decideColor, paint } from '../../src/reporter/color.ts';
import { displayWidth, padTo, wrapWords } from '../../src/reporter/display-width.ts';
import { aboutBytes, humanBytes } from '../../src/reporter/human-bytes.ts';
import { humanAge, humanDuration, humanPeriod } from '../../src/reporter/human-duration.ts';
import { shellWord } from '../../src/reporter/shell-word.ts';
import { shortener } from '../../src/reporter/short-id.ts';
import { zonedClock } from '../../src/reporter/zoned-clock.ts';

const GiB = 1024 ** 3;

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [1024 ** 2 - 1, '1 MiB'],
  [38.2 * GiB, '38.2 GiB'],
  [48 * GiB, '48 GiB'],
  [99.96 * GiB, '100 GiB'],
  [120.4 * GiB, '120 GiB'],
  [1023.9 * GiB, '1 TiB'],
  [5000 * 1024 ** 6, '5000 EiB'],
])('%d bytes are %s', (bytes, text) => expect(humanBytes(bytes)).toBe(text));

it('estimates show no digits that nobody knows', () => {
  expect(aboutBytes(48.3 * GiB)).toBe('about 48 GiB');
  expect(aboutBytes(1.23 * GiB)).toBe('about 1.2 GiB');
  expect(aboutBytes(1023.7 * GiB)).toBe('about 1 TiB');
});

it.each([
  [0, '0 s', '0 s', '0 s'],
  [0.4, '0.4 s', '0 s', '0.4 s'],
  [41.3, '41 s', '41 s', '41 s'],
  [59.7, '1m', '59 s', '1m'],
  [72, '1m 12s', '1m', '1m 12s'],
  [720, '12m', '12m', '12m'],
  [3600, '1h', '1h', '1h'],
  [32 * 3600 + 59, '1d 8h', '1d 8h', '1d 8h'],
  [86_400 + 300, '1d', '1d', '1445m'],
  [26 * 3600, '1d 2h', '1d 2h', '26h'],
  [72 * 3600, '3d', '3d', '72h'],
  [14 * 86_400, '14d', '14d', '14d'],
])('%d seconds took %s, are %s old, are a period of %s', (seconds, took, age, period) => {
  expect([humanDuration(seconds), humanAge(seconds), humanPeriod(seconds)]).toEqual([
    took,
    age,
    period,
  ]);
});

describe('a clock', () => {
  it('reads instants in its zone, with the offset', () => {
    const berlin = zonedClock('Europe/Berlin');
    expect(berlin.full('2026-11-22T09:30:02.000Z')).toBe('2026-11-22 10:30:02+01:00');
    expect(berlin.minute('2026-07-01T23:30:02.000Z')).toBe('2026-07-02 01:30+02:00');
    expect(zonedClock('UTC').full('2026-01-01T00:00:00.000Z')).toBe('2026-01-01 00:00:00+00:00');
    expect(zonedClock('Asia/Kolkata').minute('2026-01-01T00:00:00.000Z')).toBe(
      '2026-01-01 05:30+05:30',
    );
  });

  it('tells the two hours of the night apart in which summer time ends', () => {
    const berlin = zonedClock('Europe/Berlin');
    expect(berlin.minute('2026-10-25T00:30:00.000Z')).toBe('2026-10-25 02:30+02:00');
    expect(berlin.minute('2026-10-25T01:30:00.000Z')).toBe('2026-10-25 02:30+01:00');
  });

  it('leaves out the day where it is today', () => {
    const berlin = zonedClock('Europe/Berlin');
    expect(berlin.near('2026-11-22T01:00:00.000Z', '2026-11-22T09:30:02.000Z')).toBe('02:00');
    expect(berlin.near('2026-11-21T22:59:00.000Z', '2026-11-22T09:30:02.000Z')).toBe(
      '2026-11-21 23:59',
    );
    expect(berlin.near('2026-11-21T23:00:00.000Z', '2026-11-22T09:30:02.000Z')).toBe('00:00');
  });

  it('reads an unknown zone as UTC, and shows what is no instant', () => {
    expect(zonedClock('Mars/Olympus').minute('2026-11-22T09:30:02.000Z')).toBe(
      '2026-11-22 09:30+00:00',
    );
    expect(zonedClock('UTC').full('yester\nday')).toBe('yester day');
  });
});

const decide = (
  flag: 'auto' | 'always' | 'never' | undefined,
  env: Record<string, string>,
  isTTY: boolean,
) => decideColor({ flag, env, isTTY });

describe('colour', () => {
  it('is decided by the first that speaks', () => {
    expect(decide('always', { NO_COLOR: '1', TERM: 'dumb' }, false)).toBe(true);
    expect(decide('never', { FORCE_COLOR: '1' }, true)).toBe(false);
    expect(decide('auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true)).toBe(false);
    expect(decide(undefined, { FORCE_COLOR: '1', TERM: 'dumb' }, false)).toBe(true);
    expect(decide(undefined, { FORCE_COLOR: '0' }, true)).toBe(false);
    expect(decide(undefined, { TERM: 'dumb' }, true)).toBe(false);
    expect(decide(undefined, {}, true)).toBe(true);
    expect(decide(undefined, {}, false)).toBe(false);
  });

  it('takes an empty variable for none', () => {
    expect(decide(undefined, { NO_COLOR: '', FORCE_COLOR: '' }, true)).toBe(true);
    expect(decide(undefined, { NO_COLOR: '', FORCE_COLOR: '' }, false)).toBe(false);
  });

  it('is written only when on, and never around nothing', () => {
    expect(paint('x', 'red', true)).toBe('\u001B[31mx\u001B[39m');
    expect([paint('x', 'red', false), paint('', 'red', true), paint('x', null, true)]).toEqual([
      'x',
      '',
      'x',
    ]);
  });
});

it('measures what a terminal shows', () => {
  const texts = ['web01', '日本語', '👩‍💻', 'cafe\u0301', '한국', 'ﾊﾟ'];
  expect(texts.map(displayWidth)).toEqual([5, 6, 2, 4, 4, 2]);
  expect(padTo('日本', 6)).toBe('日本  ');
  expect(padTo('longer', 3)).toBe('longer');
});

it('breaks lines at words', () => {
  expect(wrapWords('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapWords('a/very/long/path b', 6)).toEqual(['a/very/long/path', 'b']);
  expect(wrapWords('', 6)).toEqual(['']);
});

it('quotes a word for a shell only where it must', () => {
  expect(shellWord('G201=domain/web01')).toBe('G201=domain/web01');
  expect(shellWord('G201=domain/a b')).toBe("'G201=domain/a b'");
  expect(shellWord("it's $(x)")).toBe("'it'\\''s $(x)'");
  expect(shellWord('')).toBe("''");
});

it('shortens ids where that is unique', () => {
  const ids = ['20260601T020000Z-1f0e', '20260601T020500Z-1f0e', '20260602T020000Z-1f0e'];
  const shorten = shortener(ids);
  expect([...ids.map(shorten), shorten('20260603T020000Z-1f0e'), shorten('web01')]).toEqual([
    '20260601T020000Z-1f0e',
    '20260601T020500Z-1f0e',
    '20260602T02…-1f0e',
    '20260603T02…-1f0e',
    'web01',
  ]);
  const name = 'holdfast-1a2b3c4d-20261120T020000Z-0019';
  expect(shortener([name])(name)).toBe('holdfast-…-0019');
});
