import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { formatPolicy } from '../../src/policy/format-policy.ts';
import { told } from './reading.ts';

/** The formatted text of one that is YAML. */
function formatted(text: string): string {
  const result = formatPolicy(text);
  if (!result.ok) throw new Error(told(result.error).join('\n'));
  return result.value;
}

describe('formatPolicy', () => {
  it('has one form', () => {
    const text = `#   modeline


version:   1 # one
stores:
    main:   {path: /backups,   reserve:  10%}


    # the other
    more:
          path:    "/more"
domains:
- name: 'web01'
  mirrors: [ nas,usb ]
- match: "*"   # all
ignore:
    [ "a", 'b' ]
`;
    expect(formatted(text)).toBe(`#   modeline

version: 1 # one
stores:
  main: { path: /backups, reserve: 10% }

  # the other
  more:
    path: "/more"
domains:
  - name: 'web01'
    mirrors: [nas, usb]
  - match: "*" # all
ignore: ["a", 'b']
`);
  });

  it('ends a text with one newline, and CRLF with LF', () => {
    expect(formatted('version: 1')).toBe('version: 1\n');
    expect(formatted('version: 1\r\nhost: a\r\n\r\n\r\n')).toBe('version: 1\nhost: a\n');
  });

  it('formats a policy with mistakes, and nothing that is no YAML or no policy', () => {
    expect(formatted('version: 1\na:   [1,2]\n')).toBe('version: 1\na: [1, 2]\n');
    for (const text of ['a:   [1,2]\n', 'root:x:0:0:root\nbin:x:2:2:bin\n', '- version: 1\n']) {
      const other = formatPolicy(text);
      expect(!other.ok && told(other.error)).toEqual([
        '1:1 error HP115  the file is no policy: none of its outermost keys is one of a policy — a policy has keys such as version, stores, defaults and domains',
      ]);
    }
    const result = formatPolicy('a: "x\n');
    expect(!result.ok && told(result.error)).toEqual([
      '2:1 error HP109  missing closing " of a quoted text',
    ]);
    const star = formatPolicy('schedules:\n  a: */5 * * * *\n');
    expect(!star.ok && told(star.error)).toEqual([
      '2:6 error HP102  cron expressions that start with * need quotes: "*/5 * * * *"',
    ]);
  });

  it('does not change a number that was meant as a text', () => {
    const text = 'version: 0230\nb: 1e3\nc: 0o17\n';
    expect(formatted(text)).toBe(text);
  });
});

/** Texts as policies have them, and odd ones. */
const word = fc.oneof(
  fc.constantFrom('main', 'web-*', '10%', '0 2 * * *', 'yes', '#x', 'a: b', "it's", '"', '~', ''),
  fc.string({ maxLength: 12 }),
);
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    word,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(word, tie('any'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any;
const document = fc.dictionary(
  fc.constantFrom('version', 'stores', 'domains', 'ignore', 'x y'),
  value,
  { minKeys: 1, noNullPrototype: true },
);

/** Comments and blank lines put between lines, and comments behind them. */
const noise = fc.array(
  fc.tuple(fc.nat(), fc.constantFrom('# c', '', '  # indented', '\n', '#'), fc.boolean()),
  { maxLength: 6 },
);
function withNoise(text: string, noises: readonly (readonly [number, string, boolean])[]): string {
  const lines = text.split('\n');
  for (const [at, line, behind] of noises) {
    const index = at % lines.length;
    if (behind && line.startsWith('#')) lines[index] += ` ${line}`;
    else lines.splice(index, 0, line);
  }
  return lines.join('\n');
}

const root = join(import.meta.dirname, '..', '..', 'examples', 'policies');
const examples = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml') && !file.startsWith('invalid/'))
  .map((file) => readFileSync(join(root, file), 'utf8'));

/** Checks the law for a text; false if it is no YAML. */
function stable(text: string): boolean {
  const result = formatPolicy(text);
  // Noise inside a text of several lines or in front of a key can break the YAML.
  if (!result.ok) return false;
  expect(formatted(result.value)).toBe(result.value);
  expect(parse(result.value)).toEqual(parse(text));
  return true;
}

describe('P11', () => {
  it('holds for any document, in block and in flow style', () => {
    let count = 0;
    fc.assert(
      fc.property(document, fc.boolean(), noise, (data, flow, noises) => {
        const text = stringify(data, { collectionStyle: flow ? 'flow' : 'block', lineWidth: 60 });
        if (stable(withNoise(text, noises))) count += 1;
      }),
      { numRuns: 300 },
    );
    expect(count).toBeGreaterThan(100);
  });

  it('holds for the examples, whatever comments are added', () => {
    let count = 0;
    fc.assert(
      fc.property(fc.constantFrom(...examples), noise, (text, noises) => {
        if (stable(withNoise(text, noises))) count += 1;
      }),
      { numRuns: 150 },
    );
    expect(count).toBeGreaterThan(50);
  });

  it('loses no comment', () => {
    for (const text of examples) {
      const comments = text.match(/#.*/g) ?? [];
      const after = formatted(text.replaceAll(/^ {2}/gm, '     '));
      expect(comments.filter((comment) => !after.includes(comment))).toEqual([]);
    }
  });
});
