import { describe, expect, it } from 'vitest';
import { opensAt, parseWindow, type Window } from '../../src/schedule/window.ts';

const windows = (...texts: readonly string[]): readonly Window[] =>
  texts.map((text) => {
    const window = parseWindow(text);
    if (window === null) throw new Error(text);
    return window;
  });

describe('parseWindow', () => {
  it('reads days and times', () => {
    expect(parseWindow('22:00-06:00')).toEqual({
      days: [0, 1, 2, 3, 4, 5, 6],
      fromMinute: 1320,
      toMinute: 360,
    });
    expect(parseWindow('sat,sun 00:00-24:00')).toEqual({
      days: [6, 0],
      fromMinute: 0,
      toMinute: 1440,
    });
  });

  it.each(['', '22-06', '25:00-06:00', '24:00-06:00', 'xxx 01:00-02:00', '01:60-02:00'])(
    'takes %j for none',
    (text) => expect(parseWindow(text)).toBeNull(),
  );
});

describe('opensAt', () => {
  const berlin = 'Europe/Berlin';

  it('is always open without windows', () => {
    expect(opensAt([], '2026-11-22T10:00:00.000Z', berlin)).toBeNull();
  });

  it.each([
    // Sunday, 11:00 in Berlin.
    ['2026-11-22T10:00:00.000Z', '2026-11-22T21:00:00.000Z'],
    ['2026-11-22T20:59:59.999Z', '2026-11-22T21:00:00.000Z'],
    ['2026-11-22T21:00:00.000Z', null],
    ['2026-11-23T04:59:59.999Z', null],
    ['2026-11-23T05:00:00.000Z', '2026-11-23T21:00:00.000Z'],
  ])('of a night: at %s opens %s', (at, opens) => {
    expect(opensAt(windows('22:00-06:00'), at, berlin)).toBe(opens);
  });

  it('takes the day on which a window begins', () => {
    const weekend = windows('sat 22:00-06:00', 'wed 12:00-13:00');
    expect(opensAt(weekend, '2026-11-22T03:00:00.000Z', berlin)).toBeNull();
    expect(opensAt(weekend, '2026-11-22T10:00:00.000Z', berlin)).toBe('2026-11-25T11:00:00.000Z');
  });

  it('goes by the clocks on the nights on which they move', () => {
    // 02:30 is skipped on 28 March 2027: the window opens when the gap ends.
    expect(opensAt(windows('02:30-05:00'), '2027-03-28T00:00:00.000Z', berlin)).toBe(
      '2027-03-28T01:00:00.000Z',
    );
    expect(opensAt(windows('01:00-04:00'), '2026-10-25T02:30:00.000Z', berlin)).toBeNull();
  });

  it('is none where it ends as it begins', () => {
    expect(parseWindow('02:00-02:00')).toBeNull();
  });
});
