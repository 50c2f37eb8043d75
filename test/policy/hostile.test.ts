import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/policy/read-policy.ts';
import { renderDiagnostics } from '../../src/policy/render-diagnostics.ts';
import { badPolicy, readerOf, told } from './reading.ts';

const mebibyte = 1024 * 1024;
describe('input that is meant to hurt', () => {
  it('is not parsed when it is large', () => {
    const text = `version: 1\n${'#'.repeat(30 * mebibyte)}`;
    expect(told(badPolicy(text))).toEqual([
      '1:1 error HP101  the file has 30.0 MiB and is not read — a policy has at most 1 MiB',
    ]);
  });

  it('does not expand aliases', () => {
    const levels = Array.from('bcdefghijklmnop');
    const bomb = levels.map(
      (name, index) => `${name}: &${name} [${`*${levels[index - 1] ?? 'a'}, `.repeat(9)}]`,
    );
    const found = badPolicy(`version: 1\na: &a x\n${bomb.join('\n')}\n`);
    expect(new Set(found.map(({ code }) => code))).toEqual(new Set(['HP103']));
  });

  // Each took minutes, or all memory, with the parser's defaults.
  it.each([
    [
      'twenty thousand keys',
      Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n'),
      'HP202',
    ],
    ['one key again and again', 'k: 1\n'.repeat(10_000), 'HP105'],
    ['brackets', '['.repeat(20_000), 'HP111'],
    ['braces', `a: ${'{b: '.repeat(20_000)}`, 'HP111'],
    ['dashes', '- '.repeat(50_000), 'HP111'],
    ['keys in keys', `a: {${'b: '.repeat(20_000)}}`, 'HP111'],
    ['stars', `a: ${'* '.repeat(20_000)}`, 'HP102'],
    ['stars in a list', `a:\n${'- *\n'.repeat(10_000)}`, 'HP102'],
    ['colons', 'a: '.repeat(20_000), 'HP109'],
    ['quotes', '"'.repeat(20_000), 'HP109'],
    ['exclamation marks', '!'.repeat(500_000), 'HP109'],
    ['a name of half a megabyte', `version: 1\nhost: ${'x'.repeat(mebibyte / 2)}`, 'HP205'],
    ['ten thousand rules', `version: 1\ndomains: [${'{x: 1},'.repeat(10_000)}]`, 'HP210'],
  ])('%s', (_what, text, code) => {
    const found = badPolicy(text);
    expect(found.map((one) => one.code)).toContain(code);
    // Bounded: what is said stays small, and can be shown.
    expect(found.length).toBeLessThanOrEqual(3000);
    expect(renderDiagnostics(found, { color: false }).length).toBeLessThan(40_000);
  });

  it('cannot reach the prototype', () => {
    const text = `version: 1
__proto__: { polluted: true }
stores: { __proto__: { path: /x }, constructor: { path: /y } }
defaults: { __proto__: { store: main } }
`;
    const found = badPolicy(text);
    expect(found.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'HP202 /__proto__',
      'HP208 /stores/__proto__',
      'HP202 /defaults/__proto__',
    ]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect('polluted' in {}).toBe(false);
  });

  it('cannot forge what is printed', () => {
    const text = 'version: 1\nhost: "a\\eb"\n"key\\u001b[31m\u202e": 1 # \u001b[2J\u202ex\n';
    const rendered = renderDiagnostics(badPolicy(text), { color: false });
    // oxlint-disable-next-line no-control-regex
    expect(rendered).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(rendered).toContain('unknown key "key\\u001b[31m\uFFFD"');
    expect(rendered).toContain('# \uFFFD[2J\uFFFDx');
  });

  it('may be anything: whatever the text, there is an answer', () => {
    for (const text of [
      '\0',
      '\uFEFF',
      '---',
      '...',
      '- a',
      '7',
      '"x"',
      '? ',
      '|',
      '>',
      '\ud800',
      '\r',
    ]) {
      const policy = readPolicy('p.yaml', readerOf({ 'p.yaml': text }));
      expect([text, policy.ok]).toEqual([text, false]);
      if (!policy.ok)
        expect(renderDiagnostics(policy.error, { color: false })).toMatch(/^p\.yaml:1:/);
    }
  });
});
