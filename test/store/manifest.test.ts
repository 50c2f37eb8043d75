import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storeId } from '../../src/model/identity.ts';
import type { Manifest } from '../../src/model/point.ts';
import { manifestShape } from '../../src/store/manifest-shape.ts';
import { parseManifest } from '../../src/store/manifest.ts';
import { readShape } from '../../src/store/shape.ts';
import { chainOn, failureOf, must, pointOf, theStore } from './fixture.ts';

const chain = chainOn(1);
const full = pointOf(chain, 0);
const increment = pointOf(chain, 1);
const placeOf = (pointDirectory: string) => ({
  store: theStore,
  chain,
  pointDirectory,
  path: '/backups/point.json',
});
const parse = (value: unknown, pointDirectory = increment.place.pointDirectory) =>
  parseManifest(typeof value === 'string' ? value : JSON.stringify(value), placeOf(pointDirectory));
const [disk] = increment.manifest.disks;

describe('parseManifest', () => {
  it('reads what was written', () => {
    expect(must(parse(increment.manifest))).toEqual(increment.manifest);
    expect(must(parse(full.manifest, full.place.pointDirectory))).toEqual(full.manifest);
  });

  it('leaves fields that it does not know for newer versions', () => {
    expect(must(parse({ ...increment.manifest, colour: 'green' }))).toEqual(increment.manifest);
  });

  it.each([
    ['an empty file', '', 'it is empty'],
    ['null', 'null', 'it must be an object, not null'],
    ['a list', '[]', 'it must be an object, not []'],
    [
      'a missing field',
      { ...increment.manifest, frozenAt: undefined },
      'frozenAt must be an instant like 2026-11-22T02:00:00.000Z, missing',
    ],
    [
      'two wrong fields, both named',
      { ...increment.manifest, sequence: -1, power: 'on' },
      'sequence must be a whole number of 0 or more, not -1; power must be "running" or "paused" or "off", not "on"',
    ],
    [
      'a date that is none',
      { ...increment.manifest, frozenAt: '2026-13-01T02:00:00.000Z' },
      'frozenAt must be an instant like 2026-11-22T02:00:00.000Z, not "2026-13-01T02:00:00.000Z"',
    ],
    [
      'a path instead of a file name',
      { ...increment.manifest, disks: [{ ...disk, file: '../../etc/shadow.qcow2' }] },
      'disks[0].file must be a name like vda.qcow2, not "../../etc/shadow.qcow2"',
    ],
    [
      'a backing file elsewhere',
      { ...increment.manifest, disks: [{ ...disk, backing: '/etc/passwd' }] },
      'disks[0].backing must be a path like ../0000-20261122T020000Z-full/vda.qcow2, not "/etc/passwd"',
    ],
    [
      'a wrong hash',
      { ...increment.manifest, disks: [{ ...disk, sha256: 'A'.repeat(64) }] },
      `disks[0].sha256 must be 64 hex digits, not "${'A'.repeat(59)}`,
    ],
    [
      'no disk',
      { ...increment.manifest, disks: [] },
      'disks is empty, and a point without a disk restores nothing',
    ],
    [
      'an increment without a backing file',
      { ...increment.manifest, disks: [{ ...disk, backing: null }] },
      'disk vda is an increment without a backing file',
    ],
    [
      'a full that has increments',
      { ...increment.manifest, level: 'full', parent: null },
      'level is full, but a disk is an increment',
    ],
    [
      'an increment without a parent',
      { ...increment.manifest, parent: null },
      'an increment has no parent',
    ],
    [
      'one file twice',
      { ...increment.manifest, disks: [disk, { ...disk, target: 'vdb' }] },
      'vda.qcow2 is named twice',
    ],
  ])('refuses %s', (_what, value, why) => {
    expect(failureOf(parse(value))).toEqual({
      code: 'manifest-unreadable',
      message: `/backups/point.json: ${why}`,
    });
  });

  it('refuses a text that was cut anywhere', () => {
    const text = JSON.stringify(increment.manifest);
    for (let length = 1; length < text.length; length += 97) {
      const failure = failureOf(parse(text.slice(0, length)));
      expect(failure.code).toBe('manifest-unreadable');
      expect(failure.message).toMatch(/^\/backups\/point\.json: it is no whole JSON: /);
    }
  });

  it('tells a newer format from a damaged file', () => {
    expect(failureOf(parse({ formatVersion: 2, whatever: true }))).toEqual({
      code: 'manifest-newer',
      message:
        '/backups/point.json: format 2 is newer than the 1 that this Holdfast reads; use a newer Holdfast',
    });
  });

  it.each<readonly [string, Manifest, string, string]>([
    [
      'of another store',
      { ...increment.manifest, store: storeId('f'.repeat(32)) },
      increment.place.pointDirectory,
      `it is of store ${'f'.repeat(32)}, and this is store ${theStore}`,
    ],
    [
      'of another chain',
      { ...increment.manifest, chain: chainOn(2) },
      increment.place.pointDirectory,
      'it is of chain 20261102T020000Z-4f7a, and lies in 20261101T020000Z-4f7a',
    ],
    [
      'of another point',
      increment.manifest,
      full.place.pointDirectory,
      'it is of point 0001-20261101T020100Z-inc, and lies in 0000-20261101T020000Z-full',
    ],
  ])('refuses a manifest %s', (_what, manifest, directory, why) => {
    expect(failureOf(parse(manifest, directory))).toEqual({
      code: 'manifest-misplaced',
      message: `/backups/point.json: ${why}`,
    });
  });
});

describe('schema/point.v1.schema.json', () => {
  const schema: unknown = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../schema/point.v1.schema.json'), 'utf8'),
  );
  const validate = new Ajv({ allowUnionTypes: true }).compile(schema as object);

  it('agrees with the reader, whatever is changed in a manifest', () => {
    const values = fc.constantFrom<unknown[]>(
      undefined,
      null,
      0,
      -1,
      1.5,
      2 ** 60,
      '',
      'x',
      'full',
      'vda.qcow2',
      chain,
      true,
      [],
      {},
      '2026-11-22T02:00:07.000Z',
    );
    let refused = 0;
    let accepted = 0;
    const paths = pathsIn(increment.manifest);
    fc.assert(
      fc.property(fc.constantFrom(...paths), values, (path, value) => {
        const changed: unknown = JSON.parse(
          JSON.stringify(replaced(increment.manifest, path, value)),
        );
        const read = readShape(changed, manifestShape);
        // The reader says this among the contradictions.
        const isRead = read.ok && read.value.disks.length > 0;
        expect(isRead, JSON.stringify([path, value])).toBe(validate(changed));
        if (isRead) accepted += 1;
        else refused += 1;
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(50);
  });

  it.each(['point', 'events', 'simulation'])('describes every property of %s', (name) => {
    const whole: unknown = JSON.parse(
      readFileSync(join(import.meta.dirname, `../../schema/${name}.v1.schema.json`), 'utf8'),
    );
    expect(whole).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: `urn:holdfast:schema:${name}:v1`,
    });
    const properties = propertiesIn(whole);
    expect(properties.length).toBeGreaterThan(30);
    for (const [key, property] of properties) {
      expect(property, key).toHaveProperty('description');
    }
  });
});

type Path = readonly (string | number)[];

/** Every place in a value, the value itself left out. */
function pathsIn(value: unknown, at: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const below = Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    pathsIn(item, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length === 0 ? below : [at, ...below];
}

function replaced(value: unknown, path: Path, by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === key ? replaced(item, rest, by) : item));
  }
  const record = value as Readonly<Record<string, unknown>>;
  return { ...record, [key]: replaced(record[key], rest, by) };
}

/** Every entry of a `properties` anywhere in a schema. */
function propertiesIn(schema: unknown): readonly (readonly [string, unknown])[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => [
    ...(key === 'properties' ? Object.entries(value as object) : []),
    ...propertiesIn(value),
  ]);
}
