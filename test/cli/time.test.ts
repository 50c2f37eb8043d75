import { describe, expect, it } from 'vitest';
import { readTime } from '../../src/cli/time.ts';

describe('readTime', () => {
  it.each([
    ['2026-11-22T10:30:00Z', '2026-11-22T10:30:00.000Z'],
    ['2026-11-22 10:30', '2026-11-22T09:30:00.000Z'],
    ['2026-11-22T10:30:05', '2026-11-22T09:30:05.000Z'],
    ['2026-11-22T10:30:05.819Z', '2026-11-22T10:30:05.819Z'],
    ['2026-11-22 10:30:05.819', '2026-11-22T09:30:05.819Z'],
    ['2026-11-22T10:30+05:00', '2026-11-22T05:30:00.000Z'],
    ['2026-07-01', '2026-07-01T21:59:59.000Z'],
    // The hour that comes twice, and the one that never comes.
    ['2026-10-25 02:30', '2026-10-25T01:30:00.000Z'],
    ['2026-03-29 02:30', '2026-03-29T01:00:00.000Z'],
  ])('reads %s in Berlin as %s', (text, at) => {
    expect(readTime(text, 'Europe/Berlin')).toEqual({ ok: true, value: at });
  });

  it.each([
    'yesterday',
    '2026-13-01',
    '22.11.2026',
    '2026-11-22 25:00',
    '2026-11-22 10:30-99:99',
    '',
  ])('refuses %j', (text) => {
    expect(readTime(text, 'UTC')).toEqual({
      ok: false,
      error: {
        exit: 64,
        code: 'bad-time',
        message: `${text} is no time: write 2026-11-22 10:30, or 2026-11-22T09:30:00Z`,
      },
    });
  });
});
