import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planPolicy } from '../../src/planner/plan-policy.ts';
import { planUntrack } from '../../src/planner/untrack.ts';
import { stateOf, worldShape } from './arbitrary.ts';
import { request, uuidOf } from './build-policy.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** What a published schema objects to. */
function validator(name: string): (value: unknown) => readonly string[] {
  const schema = read(`schema/${name}.v1.schema.json`);
  // Draft-07, for editors read no other; strict, so that the schema itself is looked at.
  const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true });
  const validate = ajv.compile(schema as object);
  return (value) =>
    validate(value)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const planErrors = validator('plan');
const observedErrors = validator('observed');

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('plan.v1 and observed.v1', () => {
  const folders = readdirSync(join(root, 'test', 'scenarios'));

  it('hold of every story', () => {
    expect(folders.length).toBeGreaterThan(40);
    for (const folder of folders) {
      expect(planErrors(read(`test/scenarios/${folder}/plan.json`)), folder).toEqual([]);
      expect(observedErrors(read(`test/scenarios/${folder}/observed.json`)), folder).toEqual([]);
    }
  });

  it('hold of every plan of any state', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(worldShape, (shape) => {
        const { desired, observed } = stateOf(shape);
        expect(observedErrors(plain(observed))).toEqual([]);
        expect(planErrors(plain(planPolicy(desired, observed, request())))).toEqual([]);
        expect(planErrors(plain(planUntrack(desired, observed, uuidOf(1), request())))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('object to what is wrong', () => {
    const plan = read('test/scenarios/nightly-increments/plan.json') as Record<string, unknown>;
    expect(planErrors({ ...plan, id: 'short' })).toEqual([
      '/id must match pattern "^[0-9a-f]{64}$"',
    ]);
    expect(planErrors({ ...plan, force: true })).toEqual([' must NOT have additional properties']);
    expect(planErrors({ ...plan, actions: [{ kind: 'wipe' }] }).length).toBeGreaterThan(0);
    const observed = read('test/scenarios/nightly-increments/observed.json') as object;
    expect(observedErrors({ ...observed, formatVersion: 2 })).toEqual([
      '/formatVersion must be equal to constant',
    ]);
  });

  it('describe every property', () => {
    const bare: string[] = [];
    const walk = (node: unknown, path: string): void => {
      if (node === null || typeof node !== 'object') return;
      for (const [key, value] of Object.entries(node) as [string, unknown][]) {
        if (key === 'properties' && value !== null && typeof value === 'object') {
          for (const [name, one] of Object.entries(value) as [string, object][]) {
            if (!('description' in one)) bare.push(`${path}/${name}`);
          }
        }
        walk(value, `${path}/${key}`);
      }
    };
    for (const name of ['plan', 'observed']) {
      const schema = read(`schema/${name}.v1.schema.json`);
      expect(schema).toMatchObject({
        $schema: 'http://json-schema.org/draft-07/schema#',
        $id: `urn:holdfast:schema:${name}:v1`,
      });
      walk(schema, name);
    }
    expect(bare).toEqual([]);
  });
});
