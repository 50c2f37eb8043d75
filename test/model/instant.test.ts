import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf, millisecondsOf } from '../../src/model/instant.ts';

describe('milliseconds of an instant', () => {
  it('are those of Date.parse, of every date of four digits', () => {
    const years = fc.date({
      min: new Date('0000-01-01T00:00:00.000Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(years, (date) => {
        const text = instantOf(date.getTime());
        expect(millisecondsOf(text)).toBe(Date.parse(text));
      }),
      { numRuns: 5000, seed: 1 },
    );
  });

  it('are those of Date.parse, of what is no instant or one in another form', () => {
    const usual = '2026-11-22T10:30:02.123Z';
    const characters = fc.constantFrom(...Array.from('0123456789-:.TZ+ x\u0661'));
    let [numbers, none] = [0, 0];
    fc.assert(
      fc.property(fc.nat(23), characters, fc.nat(23), characters, (i, a, j, b) => {
        const changed = Array.from(usual);
        [changed[i], changed[j]] = [a, b];
        const text = changed.join('');
        expect(millisecondsOf(text)).toBe(Date.parse(text));
        if (Number.isNaN(Date.parse(text))) none += 1;
        else numbers += 1;
      }),
      { numRuns: 5000, seed: 1 },
    );
    expect(Math.min(numbers, none)).toBeGreaterThan(100);
    for (const text of ['2026-02-29T00:00:00.000Z', '2026-02-30T00:00:00.000Z', '', '2026-11-22'])
      expect(millisecondsOf(text)).toBe(Date.parse(text));
  });
});
