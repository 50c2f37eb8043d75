import { readFileSync } from 'node:fs';
import { isRecord } from './read-json.ts';

/** A JSON Schema, as far as it is walked here. */
type Node = Readonly<Record<string, unknown>>;

/** Reads a schema of this package. */
export function readSchema(name: string): Node {
  const file = new URL(`../../schema/${name}.v1.schema.json`, import.meta.url);
  const schema: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return isRecord(schema) ? schema : {};
}

/** The nodes that a node stands for: `$ref` followed, alternatives and list items opened. */
function meanings(root: Node, node: unknown, depth = 0): readonly Node[] {
  // A schema of ours is no deeper; a circle would be.
  if (!isRecord(node) || depth > 16) return [];
  const ref = node['$ref'];
  const next: unknown[] = [];
  if (typeof ref === 'string' && ref.startsWith('#/'))
    next.push(
      ref
        .slice(2)
        .split('/')
        .reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), root),
    );
  for (const key of ['oneOf', 'anyOf', 'allOf']) {
    const list = node[key];
    if (Array.isArray(list)) next.push(...list);
  }
  const items = node['items'];
  if (items !== undefined) next.push(...(Array.isArray(items) ? items : [items]));
  return [node, ...next.flatMap((one) => meanings(root, one, depth + 1))];
}

/** The nodes of a child: a named property, or the value of any name. */
function children(root: Node, nodes: readonly Node[], key: string): readonly Node[] {
  const named = nodes.flatMap(({ properties }) =>
    isRecord(properties) && Object.hasOwn(properties, key) ? [properties[key]] : [],
  );
  if (named.length > 0) return named.flatMap((child) => meanings(root, child));
  return nodes
    .flatMap(({ additionalProperties, patternProperties }) => [
      additionalProperties,
      ...(isRecord(patternProperties) ? Object.values(patternProperties) : []),
    ])
    .flatMap((child) => meanings(root, child));
}

/** The nodes at a path; none if there is no such place. */
function nodesAt(root: Node, keys: readonly string[]): readonly Node[] {
  let nodes = meanings(root, root);
  for (const key of keys) {
    const below = children(root, nodes, key);
    // `stores.alert` without the store's name: a key of each of them is meant, not one of that name.
    const isKeyOfEach = !hasKey(nodes, key) && hasKey(below, key);
    nodes = isKeyOfEach ? children(root, below, key) : below;
  }
  return nodes;
}

const hasKey = (nodes: readonly Node[], key: string): boolean =>
  nodes.some(({ properties }) => isRecord(properties) && Object.hasOwn(properties, key));

/** What a path of the policy means (`domains.retention`, `stores.main.reserve`); null if there is none. */
export function explainPath(root: Node, path: string): string | null {
  const keys = path.split('.').filter((key) => !/^(?:\*|\d+)$/.test(key));
  const nodes = nodesAt(root, keys);
  if (nodes.length === 0) return null;
  const texts = [...new Set(nodes.map(({ description }) => description))].filter(
    (text) => typeof text === 'string',
  );
  const facts = nodes.flatMap((node) =>
    ['type', 'enum', 'const', 'default', 'pattern', 'minimum', 'maximum'].flatMap((name) => {
      const value = node[name];
      return value === undefined ? [] : [`${name}: ${inWords(value)}`];
    }),
  );
  const examples = nodes
    .flatMap((node) => node['examples'] ?? [])
    .map((one) => JSON.stringify(one));
  const keysBelow = [
    ...new Set(
      nodes.flatMap(({ properties }) => (isRecord(properties) ? Object.keys(properties) : [])),
    ),
  ];
  return [
    path,
    '',
    ...(texts.length === 0 ? ['No description.'] : texts),
    ...(facts.length === 0 ? [] : ['', ...new Set(facts)]),
    ...(examples.length === 0 ? [] : ['', `for example ${[...new Set(examples)].join(', ')}`]),
    ...(keysBelow.length === 0 ? [] : ['', `below it: ${keysBelow.join(', ')}`]),
    '',
  ].join('\n');
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => inWords(one)).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
