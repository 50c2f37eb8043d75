// Compiles the schemas that the program checks with (schema/NAME.v1.schema.json)
// into modules that import nothing, so that no command pays for loading and running ajv.
// `--check` writes nothing and fails when a module is not what it would write.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import standaloneModule from 'ajv/dist/standalone/index.js';

const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const standaloneCode = standaloneModule.default;

// The folder of src that reads files of a schema. One that several folders
// read lives in model. A schema that nothing reads at run time needs none.
const homes = { policy: 'policy', host: 'policy', plan: 'cli', observed: 'cli' };

/** The two functions that ajv's code asks for, as source. */
const runtime = {
  'require("ajv/dist/runtime/ucs2length").default': () =>
    String(require('ajv/dist/runtime/ucs2length').default),
  'require("ajv/dist/runtime/equal").default': () => String(require('fast-deep-equal')),
};

/** For editors alone: neither about validity nor used in messages. */
const annotations = new Set(['markdownDescription', 'default', 'title', 'defaultSnippets']);
// What only messages are made from.
const silent = new Set([...annotations, 'description', 'examples']);
const maps = new Set(['properties', 'patternProperties', 'definitions']);

/** The schema without what its code has no use for. */
function bare(schema, unused = annotations) {
  if (Array.isArray(schema)) return schema.map((item) => bare(item, unused));
  if (schema === null || typeof schema !== 'object') return schema;
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => {
      if (unused.has(key)) return [];
      if (!maps.has(key)) return [[key, bare(value, unused)]];
      const named = Object.entries(value).map(([name, one]) => [name, bare(one, unused)]);
      return [[key, Object.fromEntries(named)]];
    }),
  );
}

// Files that a program wrote and no person mends: the first mistake is enough.
const machineMade = new Set(['plan', 'observed']);

const newAjv = (name) =>
  new Ajv({
    allErrors: !machineMade.has(name),
    // Messages are made from the schema's own descriptions, examples and keys.
    verbose: !machineMade.has(name),
    inlineRefs: !machineMade.has(name),
    allowUnionTypes: true,
    strict: true,
    strictRequired: false,
    strictTuples: false,
    code: { source: true, esm: true, optimize: 2 },
    keywords: ['markdownDescription', 'defaultSnippets'],
  });

function moduleOf(name) {
  const schema = JSON.parse(readFileSync(join(root, 'schema', `${name}.v1.schema.json`), 'utf8'));
  // Strict mode looks at the whole schema.
  newAjv(name).compile(schema);
  const ajv = newAjv(name);
  let code = standaloneCode(
    ajv,
    ajv.compile(bare(schema, machineMade.has(name) ? silent : annotations)),
  )
    .replace(/^"use strict";/, '')
    .replace(/export const validate = (\w+);export default \w+;/, 'const validate = $1;')
    // ajv copies all errors so far for each item of a list: minutes for 100,000 wrong items.
    .replaceAll(
      /vErrors === null \? (\w+)\.errors : vErrors\.concat\(\1\.errors\)/g,
      'joined(vErrors, $1.errors)',
    );
  if (code.includes('.concat(')) throw new Error(`${name}: the code still copies errors`);
  for (const [call, source] of Object.entries(runtime))
    code = code.replaceAll(call, () => `(${source()})`);
  if (code.includes('require(')) throw new Error(`${name}: the code still asks for a module`);
  const model = homes[name] === 'model' ? '..' : '../../model';
  return [
    `// Made by scripts/build-validators.mjs from schema/${name}.v1.schema.json.`,
    '// @ts-nocheck',
    '/* oxlint-disable */',
    `import type { SchemaError } from '${model}/schema-error.ts';`,
    code,
    'function joined(all, more) {',
    '  if (all === null) return more;',
    '  for (const error of more) all.push(error);',
    '  return all;',
    '}',
    `/** What schema/${name}.v1.schema.json objects to in a value; nothing if it is valid. */`,
    `export function ${name}SchemaErrors(data: unknown): readonly SchemaError[] {`,
    '  return validate(data) ? [] : validate.errors;',
    '}',
    '',
  ].join('\n');
}

const names = Object.keys(homes);
const stale = [];
for (const name of names) {
  const file = join(root, 'src', homes[name], 'generated', `${name}-schema.ts`);
  const text = moduleOf(name);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  stale.push(file.slice(root.length + 1));
  if (process.argv.includes('--check')) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
if (process.argv.includes('--check') && stale.length > 0) {
  console.error(`Not current, run npm run validators: ${stale.join(', ')}`);
  process.exitCode = 1;
} else console.log(`${names.length} schemas, ${stale.length} modules written`);
