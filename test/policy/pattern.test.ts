import * as fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { compilePattern, takesAll, type Pattern } from '../../src/policy/pattern.ts';

function pattern(text: string): Pattern {
  const found = compilePattern(text);
  if (!found.ok) throw new Error(found.error.message);
  return found.value;
}

describe('compilePattern', () => {
  it.each([
    ['*', ['', 'a', 'web-1', 'ä/ö'], []],
    ['web-*', ['web-', 'web-1', 'web-*'], ['web', 'aweb-1', 'WEB-1']],
    ['*-db', ['-db', 'a-db'], ['a-db1', 'adb']],
    ['a*b*c', ['abc', 'axxbyyc', 'abcbc'], ['ab', 'acb', 'abcd']],
    ['web-?', ['web-1', 'web-😀'], ['web-', 'web-12']],
    ['web-[0-9a]', ['web-0', 'web-a'], ['web-b', 'web-']],
    ['web-[!0-9]', ['web-a'], ['web-5', 'web-']],
    ['[]]x', [']x'], ['x', '[]]x']],
    ['a\\*b', ['a*b'], ['axb']],
    ['a.b', ['a.b'], ['axb']],
    ['/web-[0-9]+/', ['web-12'], ['web-', 'xweb-1', 'web-1x', 'web-1\n']],
    ['/a|b/', ['a', 'b'], ['ab', 'xb', 'ax']],
    ['/ab?c*/', ['a', 'ab', 'acc'], ['b']],
    ['/(?i)Web/', ['web', 'WEB'], ['webs']],
    ['/a.c/', ['abc', 'a\nc'], ['ac']],
    ['/', ['/'], ['']],
  ] as const)('%s', (text, yes, no) => {
    const { matches } = pattern(text);
    for (const name of yes) expect([name, matches(name)]).toEqual([name, true]);
    for (const name of no) expect([name, matches(name)]).toEqual([name, false]);
  });

  it('agrees with the same glob as a regex', () => {
    const letter = fc.constantFrom('a', 'b', '-', '*', '?');
    const text = fc.array(letter, { maxLength: 8 }).map((letters) => letters.join(''));
    const name = fc.array(fc.constantFrom('a', 'b', '-'), { maxLength: 10 });
    fc.assert(
      fc.property(text, name, (glob, letters) => {
        const regex = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(pattern(glob).matches(letters.join(''))).toBe(regex.test(letters.join('')));
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees with the regex alone', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '-',
      'ab',
      '.',
      '[ab]',
      '[^a]',
      '[]a]',
      '[[:alpha:]b]',
      '(a|b)',
      '(ab)',
      '\\d',
      '\\.',
      '\\pL',
      '\\x61',
      '\\Qa\\E',
      '(?i)A',
      '|',
      '^',
      '$',
      'a{2}',
      '[\\]a]',
    );
    const body = fc
      .array(fc.tuple(piece, fc.constantFrom('', '', '', '?', '*', '+', '{0}', '{1,2}')), {
        minLength: 1,
        maxLength: 5,
      })
      .map((parts) => parts.flat().join(''));
    const name = fc.array(fc.constantFrom('a', 'b', '-', 'A', '1', '.', ']'), { maxLength: 5 });
    let compiled = 0;
    let matched = 0;
    fc.assert(
      fc.property(body, fc.array(name, { minLength: 10 }), (text, names) => {
        const found = compilePattern(`/${text}/`);
        if (!found.ok) return;
        compiled += 1;
        const regex = RE2JS.compile(text, RE2JS.DOTALL);
        for (const letters of names.map((one) => one.join(''))) {
          const expected = regex.testExact(letters);
          if (expected) matched += 1;
          expect([text, letters, found.value.matches(letters)]).toEqual([text, letters, expected]);
        }
      }),
      { numRuns: 1000 },
    );
    expect(compiled).toBeGreaterThan(300);
    expect(matched).toBeGreaterThan(300);
  });

  it('does not hang on patterns that hang others', () => {
    const name = `${'a'.repeat(50_000)}b`;
    expect(pattern(`${'a*'.repeat(10)}c`).matches(name)).toBe(false);
    expect(pattern('/(a+)+/').matches(name)).toBe(false);
    expect(pattern('/(a|aa)*(a|aa)*/').matches(name)).toBe(false);
  });
});

describe('takesAll', () => {
  it.each([
    ['*', '/x/', true],
    ['web-*', 'web-db-*', true],
    ['web-*', 'web-?', true],
    ['*-db', 'web-*-db', true],
    ['w?b', 'w[ab]b', true],
    ['/x/', '/x/', true],
    ['web-?', 'web-*', false],
    ['web-*', '*', false],
    ['web-*', '/web-1/', false],
    ['/.*/', 'web-*', false],
    ['web-[0-9]', 'web-1', true],
    ['web-[0-9]', 'web-[0-9a]', false],
  ])('%s before %s: %s', (earlier, later, expected) => {
    expect(takesAll(pattern(earlier), pattern(later))).toBe(expected);
  });

  it('is never wrong: what the later one matches, the earlier one does', () => {
    const letter = fc.constantFrom('a', 'b', '*', '?', '[ab]');
    const text = fc
      .array(letter, { minLength: 1, maxLength: 5 })
      .map((letters) => letters.join(''));
    const name = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 });
    let taken = 0;
    fc.assert(
      fc.property(text, text, fc.array(name, { minLength: 20 }), (one, two, names) => {
        const [earlier, later] = [pattern(one), pattern(two)];
        if (!takesAll(earlier, later)) return;
        taken += 1;
        for (const letters of names) {
          if (later.matches(letters.join(''))) expect(earlier.matches(letters.join(''))).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
