import type { SchemaError } from '../model/schema-error.ts';
import { isPolicyFile, type PolicyFile } from './policy-file.ts';
import { pathOf, type Source } from './source.ts';

/** Lists whose items are told apart by their index. */
type List = 'include' | 'domains' | 'ignore' | 'moved' | 'removed';

/**
 * A file without the parts that the schema objects to, so that what the rest
 * means is checked too and all mistakes are told at once.
 */
export interface UsableFile {
  readonly source: Source;
  readonly file: PolicyFile;
  /** Indexes in the file of the items that are left. */
  readonly indexes: Readonly<Record<List, readonly number[]>>;
  /** Pointers of what was left out: `/retention/long`, `/domains/3`, `/defaults`. */
  readonly broken: ReadonlySet<string>;
}

const lists: readonly List[] = ['include', 'domains', 'ignore', 'moved', 'removed'];
const maps: readonly string[] = ['stores', 'schedules', 'retention', 'mirrors'];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Leaves out the parts with errors; null when nothing sensible is left. */
export function usableFile(source: Source, errors: readonly SchemaError[]): UsableFile | null {
  const data: unknown = errors.length === 0 ? source.data : structuredClone(source.data);
  const broken = new Set<string>();
  for (const error of errors) {
    // The error of the keyword propertyNames follows, and names the key alone.
    if (error.propertyName !== undefined) continue;
    const path = pathOf(error.instancePath);
    const parent = descend(data, path);
    const extra = error.params['additionalProperty'];
    // A key too many does no harm to the rest.
    if (error.keyword === 'additionalProperties' && typeof extra === 'string' && isObject(parent)) {
      delete parent[extra];
    } else broken.add(partOf(path, error));
  }
  if (!isObject(data) || broken.has('')) return null;
  const indexes = leaveOut(data, broken);
  return isPolicyFile(data) ? { source, file: data, indexes, broken } : null;
}

function descend(data: unknown, path: readonly string[]): unknown {
  let value = data;
  for (const key of path) {
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

/** The named definition, the item of a list, or the whole section that an error is in. */
function partOf(path: readonly string[], error: SchemaError): string {
  const [section, name] = path;
  if (section === undefined) return '';
  const bad = error.params['propertyName'];
  if (typeof bad === 'string' && path.length === 1) return `/${section}/${bad}`;
  const named = maps.includes(section) || lists.some((list) => list === section);
  return named && name !== undefined ? `/${section}/${name}` : `/${section}`;
}

function leaveOut(
  data: Record<string, unknown>,
  broken: ReadonlySet<string>,
): Record<List, readonly number[]> {
  for (const [section, value] of Object.entries(data)) {
    if (broken.has(`/${section}`)) delete data[section];
    else if (isObject(value)) {
      for (const name of Object.keys(value)) {
        if (broken.has(`/${section}/${name}`)) delete value[name];
      }
    }
  }
  const indexes: Record<List, readonly number[]> = {
    include: [],
    domains: [],
    ignore: [],
    moved: [],
    removed: [],
  };
  for (const list of lists) {
    const items = data[list];
    if (!Array.isArray(items)) continue;
    const left = [...items.keys()].filter((index) => !broken.has(`/${list}/${index}`));
    indexes[list] = left;
    if (left.length < items.length) data[list] = left.map((index): unknown => items[index]);
  }
  return indexes;
}
