import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exclusions } from '../../src/reporter/exclusions.ts';
import { explain, topics } from '../../src/reporter/explain.ts';
import { guards } from '../../src/reporter/guards.ts';
import { notes } from '../../src/reporter/notes.ts';
import { outcomeTexts } from '../../src/reporter/outcomes.ts';
import { reasons } from '../../src/reporter/reasons.ts';
import { sentenceOf, tellerOf, type Sentence } from '../../src/reporter/sentence.ts';
import { zonedClock } from '../../src/reporter/zoned-clock.ts';

const src = join(import.meta.dirname, '..', '..', 'src');
const setting = {
  clock: zonedClock('UTC'),
  now: '2026-11-22T09:30:02.000Z',
  policyFile: 'policy.yaml',
};

/** Sources of a folder with their texts. */
function sourcesOf(folder: string): readonly { readonly file: string; readonly text: string }[] {
  return readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, text: readFileSync(join(src, folder, file), 'utf8') }));
}

/** Codes that a source writes as `code: 'x'`, but for those of a failure, which brings its own message. */
function literalsIn(text: string): readonly string[] {
  const literals = text.matchAll(
    /(?<!readonly )code: '([A-Za-z0-9-]+)'(?!,\s*(?:\/\/.*\s*)?message)/g,
  );
  return Array.from(literals, ([, code = '']) => code);
}

/** Codes of reasons and notes that the planner makes by calls: `waiting('migrating')`. */
function callsIn(text: string): readonly string[] {
  // In the notes, `unseen('host', …)` begins with an address.
  const calls = text.matchAll(/\b(?:waiting|unseen)\(\s*'(?!host')([a-z-]+)'/g);
  const noted = text.matchAll(/\bnote\(\s*(?:'\w+'|severity),\s*[^,]+,\s*'([a-z0-9-]+)'/g);
  return [...calls, ...noted].map(([, code = '']) => code);
}

describe('every code that the planner writes', () => {
  const found = sourcesOf('planner').flatMap(({ file, text }) =>
    [...literalsIn(text), ...callsIn(text)].map((code) => ({ file, code })),
  );

  it('is seen by this test', () => {
    expect(found.length).toBeGreaterThan(40);
    expect(found.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['due', 'tracker-lost', 'kept-by-no-rule', 'G201', 'migrating']),
    );
  });

  it.each(found)('$code of $file has a sentence', ({ code }) => {
    expect([...Object.keys(reasons), ...Object.keys(notes), ...Object.keys(guards)]).toContain(
      code,
    );
  });

  it.each([
    ['deletions.ts', /readonly refusal:([^;]+);/, 'removed-', notes],
    ['planning.ts', /interface StoreTrouble \{[^}]*?readonly code:([^;]+);/, 'store-', reasons],
  ] as const)('made of parts in %s has one too', (file, union, prefix, table) => {
    const text = readFileSync(join(src, 'planner', file), 'utf8');
    const parts = union.exec(text)?.[1]?.matchAll(/'([a-z-]+)'/g) ?? [];
    const codes = Array.from(parts, ([, part]) => `${prefix}${part}`);
    expect(codes.length).toBeGreaterThan(2);
    expect(Object.keys(table)).toEqual(expect.arrayContaining(codes));
  });

  it('has words for each exclusion of a disk', () => {
    const text = readFileSync(join(src, 'planner', 'disks.ts'), 'utf8');
    const union = /readonly code:([^;]+);/.exec(text)?.[1] ?? '';
    const codes = Array.from(union.matchAll(/'([a-z-]+)'/g), ([, code]) => code);
    expect(codes.length).toBeGreaterThan(5);
    expect(new Set(Object.keys(exclusions))).toEqual(new Set(codes));
  });
});

it('every outcome that the executor writes is explained, and its failures bring their own message', () => {
  const found = sourcesOf('executor').flatMap(({ text }) => literalsIn(text));
  expect(found.length).toBeGreaterThan(10);
  expect(Object.keys(outcomeTexts)).toEqual(expect.arrayContaining(found));
});

/** Names of the facts that a sentence asks for, on the ways that it takes with these values. */
function factsOf(sentence: Sentence): ReadonlySet<string> {
  const asked = new Set<string>();
  for (const value of [null, 1, 'x', true]) {
    const facts = new Proxy<Record<string, typeof value>>(
      {},
      {
        get: (_target, name) => {
          asked.add(String(name));
          return value;
        },
      },
    );
    sentence.say(tellerOf(facts, setting));
  }
  return asked;
}

describe('every fact that a sentence asks for', () => {
  const planner = sourcesOf('planner');
  const cases = [reasons, notes, guards].flatMap((table: Readonly<Record<string, Sentence>>) =>
    Object.entries(table).flatMap(([code, sentence]) => {
      const texts = planner.filter(({ text }) => text.includes(`'${code}'`));
      return texts.length === 0
        ? []
        : [{ code, sentence, text: texts.map((one) => one.text).join() }];
    }),
  );

  it('is looked for where many codes are written', () => expect(cases.length).toBeGreaterThan(60));

  it.each(cases)('is given by whoever writes $code', ({ sentence, text }) => {
    for (const fact of factsOf(sentence)) expect(text).toMatch(new RegExp(`\\b${fact}\\b`));
  });
});

describe('every sentence', () => {
  const all = [
    ...Object.entries(reasons).map((entry) => ['reason', ...entry] as const),
    ...Object.entries(notes).map((entry) => ['note', ...entry] as const),
    ...Object.entries(guards).map((entry) => ['guard', ...entry] as const),
  ];

  it.each(all)(
    '%s %s: stands without its facts, on one line, without a full stop',
    (_family, _code, sentence) => {
      const text = sentence.say(tellerOf(undefined, setting));
      expect(text).toMatch(/^\S.*[^.\s]$/);
      expect(text).not.toMatch(/undefined|NaN|null|\n/);
    },
  );

  it.each(all)('%s %s: is explained in whole sentences', (_family, _code, sentence) => {
    expect(sentence.explain).toMatch(/^["`A-Z].*\.$/);
    expect(sentence.explain).not.toMatch(/\n| {2}/);
  });

  it('of a reason is short enough for its line', () => {
    const long = Object.entries(reasons).filter(
      ([, { say }]) => say(tellerOf(undefined, setting)).length > 56,
    );
    expect(long.map(([code]) => code)).toEqual([]);
  });
});

const say = (code: string, facts: Parameters<typeof sentenceOf>[2]): string =>
  sentenceOf(guards, code, facts, setting);

describe('guards', () => {
  it('say their figures', () => {
    expect(say('G201', { chains: 3, of: 6, limit: 1 })).toBe(
      'would lose 3 of 6 chains: 50 % > 30 %',
    );
    expect(say('G201', { chains: 9, limit: 5 })).toBe(
      'would lose 9 chains at once, 5 is the limit',
    );
    expect(say('G153', { how: 'vanished', known: 540, found: 12 })).toBe(
      'has 12 of the 540 points that it had at the last apply',
    );
    expect(say('G153', { how: 'no-memory' })).toBe(
      'has no memory of an earlier run: the first one deletes nothing',
    );
    expect(say('G154', { how: 'moved', seconds: 7200 })).toBe(
      'clock was moved by 2h since the last apply',
    );
    expect(say('G407', { freeBytes: 2 ** 30, reserveBytes: 0, neededBytes: 2 ** 31 })).toBe(
      'has 1 GiB free, 2 GiB are needed',
    );
    expect(say('G151', { part: 'libvirt', message: 'no socket' })).toBe(
      'libvirt was not seen: no socket; deletions are withheld',
    );
  });
});

describe('explain', () => {
  it('knows codes of every family, whatever their case', () => {
    expect(explain('g205')).toBe(
      'G205 (guard)\n\nA hold lies beside the data and forbids deleting it, whatever the policy says. `holdfast points` shows it; it goes with `holdfast release ADDRESS` only. To let it go: holdfast release ADDRESS. It cannot be lifted.\n',
    );
    expect(explain('disk-new')).toBe(
      'disk-new (reason)\n\nThe newest point holds no image of this disk, so it is copied whole.\n',
    );
    expect(explain('4')).toContain('exit-4 (exit status)\n\n');
    expect(explain('stale')).toContain('stale (outcome)\n\n');
  });

  it('tells all of a code that two families have', () => {
    expect(explain('parent-faulty')).toMatch(
      /^parent-faulty \(reason\)\n\n.*\n\nparent-faulty \(fault of a point\)\n\n.*\n$/,
    );
  });

  it('knows nothing else', () => {
    expect(explain('constructor')).toBeNull();
    expect(explain('G999')).toBeNull();
    expect(explain('')).toBeNull();
  });

  it('lists each topic once', () => {
    const keys = topics.map(({ code, family }) => `${family} ${code}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThan(80);
  });
});
