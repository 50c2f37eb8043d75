import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { jsonPieces, writeJsonText } from '../../src/cli/json-pieces.ts';
import { readLargeJson, splitJson } from '../../src/cli/large-json.ts';
import { readObserved } from '../../src/cli/read-observed.ts';
import { Cli } from './cli.ts';
import { observation } from './fixture.ts';

/** What splitting a text into chunks of that many bytes makes of it; the message if it is no JSON. */
function split(text: string | Buffer, bytes: number): unknown {
  const all = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(all.length / bytes) }, (_none, index) =>
    all.subarray(index * bytes, (index + 1) * bytes),
  );
  return splitJson(chunks);
}

/** Plain JSON, six lists deep and more: half of it lies where elements are cut out. */
const deepJson = fc.letrec((tie) => ({
  leaf: fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null)),
  node: fc.oneof(
    { depthSize: 'large', maxDepth: 8, withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(fc.string({ unit: 'binary', maxLength: 3 }), tie('node'), { maxKeys: 3 }),
  ),
})).node;

describe('JSON in pieces', () => {
  it('is read as JSON.parse reads it, wherever the chunks end', () => {
    fc.assert(
      fc.property(deepJson, fc.integer({ min: 1, max: 40 }), fc.boolean(), (value, bytes, wide) => {
        const text = JSON.stringify([[[[[value, [value], 1]]]], value], null, wide ? 2 : 0);
        expect(split(text, bytes)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('is written as JSON.stringify writes it', () => {
    fc.assert(
      fc.property(deepJson, (value) => {
        const plain: unknown = JSON.parse(JSON.stringify([[[[[value]]]]]));
        expect([...jsonPieces(plain)].join('')).toBe(JSON.stringify(plain, null, 2));
      }),
    );
    expect([...jsonPieces({ a: undefined, b: [] })].join('')).toBe('{\n  "b": []\n}');
  });

  it('is refused where JSON.parse refuses it', () => {
    const texts = [
      '',
      '[[[[[{"a":1} {"a":2}]]]]]',
      '[[[[[{"a":1},]]]]]',
      '[[[[[{"a":1]]]]]]',
      '[[[[[[1}]]]]]',
      '[[[[[1]]]]] x',
      '[[[[[1]]]]]]',
      '[[[[[{"a":"\n"}]]]]]',
      '{"a":[[[[{"b":tru}]]]]}',
    ];
    for (const text of texts) {
      expect(() => JSON.parse(text) as unknown, text).toThrow(SyntaxError);
      expect(() => split(text, 7), text).toThrow(SyntaxError);
    }
    expect(() => split('{"a":[[[[1,{"b":tru}]]]]}', 7)).toThrow(
      'is not valid JSON, in what begins at byte 11',
    );
    expect(() => split('{"a":[[[[1,{"b":', 7)).toThrow('it ends in the middle, after 16 bytes');
    expect(() => split('{"a":"x', 7)).toThrow('it ends in the middle, after 7 bytes');
  });
});

const context = (cwd: string) => ({ terminal: { cwd } }) as unknown as Context;

describe('an observation', () => {
  it('is the same read whole and in pieces, as observe writes it', async () => {
    using cli = new Cli();
    const observed = observation();
    const path = join(cli.dir, 'observed.json');
    writeJsonText(path, observed);
    expect(readFileSync(path, 'utf8')).toBe(`${JSON.stringify(observed, null, 2)}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const whole = await readObserved(context(cli.dir), path);
    expect(whole).toEqual({ ok: true, value: observed });
    expect(await readObserved(context(cli.dir), path, 0)).toEqual(whole);
    expect(readLargeJson(path)).toEqual(observed);
  });

  it('with a fault gets the same message either way, with its place', async () => {
    using cli = new Cli();
    const text = JSON.stringify(observation());
    const faulty = {
      level: text.replace('"level":"increment"', '"level":"half"'),
      bytes: text.replace(/"bytes":\d+/, '"bytes":"many"'),
    };
    const messages: unknown[] = [];
    for (const [name, one] of Object.entries(faulty)) {
      writeFileSync(join(cli.dir, name), one);
      const whole = await readObserved(context(cli.dir), name);
      expect(await readObserved(context(cli.dir), name, 0)).toEqual(whole);
      messages.push(whole.ok ? null : whole.error.message);
    }
    expect(messages).toEqual([
      'level is no observation: /stores/0/state/directories/0/chains/0/points/1/level must be equal to one of the allowed values; holdfast observe --out FILE writes one',
      'bytes is no observation: /stores/0/state/directories/0/chains/0/points/0/bytes must be integer; holdfast observe --out FILE writes one',
    ]);
    writeFileSync(join(cli.dir, 'cut'), text.slice(0, -10));
    expect(await readObserved(context(cli.dir), 'cut', 0)).toMatchObject({
      ok: false,
      error: {
        exit: 64,
        code: 'file-not-json',
        message: `cut is not JSON (it ends in the middle, after ${text.length - 10} bytes); holdfast observe --out FILE writes one`,
      },
    });
  });
});
