import type { SchemaError } from '../model/schema-error.ts';
import type { Diagnostic } from './diagnostic.ts';
import { suggestion } from './nearest.ts';
import { diagnose, pathOf, writtenAt, type Path, type Saying, type Source } from './source.ts';

// More is not one mistake but another kind of file.
const maxErrors = 1000;

/** What a validator objects to, as sentences with their places. */
export function schemaDiagnostics(
  source: Source,
  errors: readonly SchemaError[],
): readonly Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const error of errors.slice(0, maxErrors)) {
    const diagnostic = diagnosticOf(source, error);
    if (diagnostic === null) continue;
    // One sentence a place and kind: a value that is wrong in two schemas is wrong once.
    const key = `${diagnostic.path} ${diagnostic.code} ${diagnostic.summary}`;
    if (!found.has(key)) found.set(key, diagnostic);
  }
  return [...found.values()];
}

function diagnosticOf(source: Source, error: SchemaError): Diagnostic | null {
  const path = pathOf(error.instancePath);
  const { keyword, params, parentSchema, schemaPath } = error;
  const value = (saying: Saying): Diagnostic => diagnose(source, path, saying);
  switch (keyword) {
    case 'type':
      return value(wrongType(source, path, error));
    case 'additionalProperties': {
      const key = textOf(params['additionalProperty']);
      return diagnose(source, [...path, key], unknownKey(key, keysOf(parentSchema)), 'key');
    }
    case 'propertyNames': {
      const key = textOf(params['propertyName']);
      const summary = `the name ${quoted(key)} cannot be used`;
      const detail = 'letters, digits, dots, dashes and underscores, at most 64';
      return diagnose(source, [...path, key], { code: 'HP208', summary, detail }, 'key');
    }
    case 'required':
      if (schemaPath.includes('/oneOf/')) return null;
      return diagnose(
        source,
        path,
        {
          code: 'HP203',
          summary: `the key "${textOf(params['missingProperty'])}" is missing`,
          ...missingHint(textOf(params['missingProperty']), parentSchema),
        },
        'key',
      );
    case 'oneOf':
      return value({
        code: 'HP210',
        summary: 'a rule needs exactly one of name, uuid and match',
        detail: 'for example: - name: web01',
      });
    case 'pattern':
      // The name of a key: told of as propertyNames.
      return error.propertyName === undefined ? value(wrongForm(error)) : null;
    case 'enum':
      return value(notInList(error));
    case 'const':
      // Of a text, that it must be a number is said.
      return Number.isInteger(error.data) ? value(wrongVersion(error)) : null;
    default:
      return value(outOfBounds(error));
  }
}

function wrongType(
  source: Source,
  path: Path,
  { params, data, parentSchema }: SchemaError,
): Saying {
  const types = [params['type']].flat().map((type) => textOf(type));
  const written = writtenAt(source, path);
  const needed = types.map((type) => typeWords[type] ?? type).join(' or ');
  return {
    code: 'HP201',
    summary: `expected ${needed}, got ${gotWords(source, path, data)}`,
    ...(typeHint(types, data, written, parentSchema) ??
      (types.includes('integer') ? {} : exampleOf(parentSchema))),
  };
}

/** What to write instead, where the value itself shows what was meant. */
function typeHint(
  types: readonly string[],
  data: unknown,
  written: string,
  schema: SchemaError['parentSchema'],
): { readonly detail: string } | null {
  const pattern = schema?.['pattern'];
  const fits = typeof pattern !== 'string' || new RegExp(pattern, 'u').test(written);
  if (types.includes('string') && isPlain(data) && written !== '' && fits) {
    return { detail: `quote it: "${written}"` };
  }
  if (typeof data !== 'string') return null;
  if (types.includes('array')) return { detail: `write [${written}]` };
  if (types.includes('boolean')) return { detail: 'write true or false, without quotes' };
  return types.includes('integer') && /^[1-9]\d*$/.test(data)
    ? { detail: `write ${data} without quotes` }
    : null;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  null: 'nothing',
};

const isPlain = (data: unknown): boolean => ['number', 'boolean', 'bigint'].includes(typeof data);

function gotWords(source: Source, path: Path, data: unknown): string {
  if (data === null) return 'nothing';
  if (typeof data === 'string') return `the text ${quoted(data)}`;
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'object') return 'keys with values';
  const written = writtenAt(source, path).slice(0, 40);
  return typeof data === 'boolean' ? written : `the number ${written}`;
}

function unknownKey(key: string, known: readonly string[]): Saying {
  // A cron with commas, unquoted inside braces, falls apart into "keys".
  const hint = /^[\d*/, -]+$/.test(key)
    ? 'a cron expression with commas needs quotes'
    : suggestion(key, known);
  return {
    code: 'HP202',
    summary: `unknown key ${quoted(key)}`,
    ...(hint === null ? {} : { detail: hint }),
  };
}

function wrongForm({ data, parentSchema, params }: SchemaError): Saying {
  // A word or keys: the words are a pattern, for a list of them would refuse the keys.
  const [, words] = /^\^\(([a-z]+(?:\|[a-z]+)+)\)\$$/.exec(textOf(parentSchema?.['pattern'])) ?? [];
  if (words !== undefined) {
    return notInList({ data, params: { ...params, allowedValues: words.split('|') } });
  }
  const described = parentSchema?.['description'];
  const form = typeof described === 'string' ? described.replace(/\. .*$|\.$/, '') : 'another form';
  const example = exampleOf(parentSchema).detail;
  const needed = `${form.slice(0, 1).toLowerCase()}${form.slice(1)}`;
  // A text that is not shown well on one line is described instead.
  // oxlint-disable-next-line no-control-regex
  const odd = typeof data === 'string' && /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(data);
  const keep = parentSchema?.['pattern'] === '^all$';
  return {
    code: keep && (data === 'none' || data === '') ? 'HP306' : 'HP205',
    summary: odd
      ? 'a line break or control character in a text that must be one line'
      : `${quoted(textOf(data))} has not the form that is needed`,
    detail: `needed: ${needed}${example === undefined ? '' : `; ${example}`}`,
  };
}

function notInList({ data, params }: Pick<SchemaError, 'data' | 'params'>): Saying {
  const words = [params['allowedValues']].flat().map((word) => textOf(word));
  const near = suggestion(textOf(data), words);
  return {
    code: 'HP204',
    summary: `${quoted(textOf(data))} is not one of ${words.join(', ')}`,
    ...(near?.startsWith('did you') === true ? { detail: near } : {}),
  };
}

function wrongVersion({ data }: SchemaError): Saying {
  return {
    code: 'HP209',
    summary: `version ${textOf(data)} is not one that this program reads`,
    detail: 'it reads version 1; a newer one needs a newer Holdfast',
  };
}

function outOfBounds({
  keyword,
  params,
  parentSchema,
  instancePath,
  data,
  message,
}: SchemaError): Saying {
  const keepAll = 'to keep everything write keep: all; to leave one rule out remove its key';
  switch (keyword) {
    case 'minProperties':
      if (!instancePath.endsWith('/keep')) {
        return { code: 'HP205', summary: 'no key is written', ...exampleOf(parentSchema) };
      }
      return { code: 'HP306', summary: 'a retention that keeps nothing', detail: keepAll };
    case 'minimum':
      return /\/keep\/[a-z]+$/.test(instancePath)
        ? { code: 'HP306', summary: `${textOf(data)} keeps nothing by this rule`, detail: keepAll }
        : { code: 'HP206', summary: `at least ${textOf(params['limit'])} is needed` };
    case 'maximum':
      return { code: 'HP206', summary: `at most ${textOf(params['limit'])} is possible` };
    case 'minItems':
      return { code: 'HP207', summary: 'the list is empty', ...exampleOf(parentSchema) };
    case 'uniqueItems':
      return { code: 'HP207', summary: 'the list holds a value twice' };
    default:
      return {
        code: 'HP205',
        summary: `the value ${message ?? 'has not the form that is needed'}`,
      };
  }
}

function keysOf(schema: SchemaError['parentSchema']): readonly string[] {
  const properties = schema?.['properties'];
  return isRecord(properties) ? Object.keys(properties) : [];
}

function exampleOf(schema: SchemaError['parentSchema']): { readonly detail?: string } {
  const examples = schema?.['examples'];
  const first: unknown = Array.isArray(examples) ? examples[0] : undefined;
  if (first === undefined) return {};
  return { detail: `for example ${typeof first === 'string' ? `"${first}"` : inFlow(first)}` };
}

function missingHint(
  key: string,
  schema: SchemaError['parentSchema'],
): { readonly detail?: string } {
  const properties = schema?.['properties'];
  const property = isRecord(properties) ? properties[key] : undefined;
  const examples = isRecord(property) ? property['examples'] : undefined;
  const first: unknown = Array.isArray(examples) ? examples[0] : undefined;
  return first === undefined ? {} : { detail: `for example ${key}: ${inFlow(first)}` };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as YAML's flow style, one line: what a person can copy. */
function inFlow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => inFlow(item)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, item]) => `${key}: ${inFlow(item)}`);
    return `{ ${pairs.join(', ')} }`;
  }
  return typeof value === 'string' && !/^[A-Za-z0-9/.%-]+$/.test(value)
    ? JSON.stringify(value)
    : String(value);
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/** A text in quotes, cut where nobody reads on. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
}
