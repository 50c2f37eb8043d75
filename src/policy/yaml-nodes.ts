import { isAlias, isMap, isScalar, isSeq, type Document } from 'yaml';
import type { Diagnostic } from './diagnostic.ts';
import { diagnoseAt, type TextSource } from './source.ts';

// More is not one mistake but another kind of file.
const maxFound = 1000;

/**
 * Walks a parsed document for what YAML allows and a policy does not: anchors,
 * aliases, merge keys, tags, directives, keys that are no texts or stand
 * twice. `stars` are the places at which a letter stands for an unquoted star:
 * the star is put back into the value.
 */
export function checkNodes(
  source: TextSource,
  document: Document.Parsed,
  stars: readonly number[],
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const repaired = new Set(stars);
  const open: unknown[] = [document.contents];
  if (document.directives.yaml.explicit === true) {
    found.push(
      diagnoseAt(source, [0, 1], '', {
        code: 'HP112',
        summary: 'directives are not used here',
        detail: 'remove the line %YAML',
      }),
    );
  }
  while (open.length > 0 && found.length < maxFound) {
    const node = open.pop();
    found.push(...checkNode(source, node));
    if (isSeq(node)) open.push(...node.items);
    else if (isMap(node)) {
      found.push(...checkKeys(source, node.items));
      for (const { key, value } of node.items) open.push(key, value);
    } else if (isScalar(node) && node.range && repaired.has(node.range[0])) {
      const text = `*${String(node.value).slice(1)}`;
      node.value = text;
      found.push(
        diagnoseAt(source, [node.range[0], node.range[1]], '', {
          code: 'HP102',
          summary: `${isCron(text) ? 'cron expressions that start' : 'a value that starts'} with * need${isCron(text) ? '' : 's'} quotes: "${shortened(text)}"`,
        }),
      );
    }
  }
  return found.slice(0, maxFound);
}

/** A text that fits a sentence. */
function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

const isCron = (text: string): boolean => /^\S+(?: +\S+){4,5}$/.test(text);

function checkNode(source: TextSource, node: unknown): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  if (isAlias(node) && node.range) {
    found.push(
      diagnoseAt(source, [node.range[0], node.range[1]], '', {
        code: 'HP103',
        summary: `the alias *${node.source} is not used here`,
        detail: 'write the value out, or say it once under defaults:',
      }),
    );
  }
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return found;
  const [start, end] = node.range ?? [0, 0];
  if (node.anchor !== undefined) {
    found.push(
      diagnoseAt(source, [start, end], '', {
        code: 'HP103',
        summary: `the anchor &${node.anchor} is not used here`,
        detail: 'write the value out, or say it once under defaults:',
      }),
    );
  }
  if (node.tag !== undefined) {
    found.push(
      diagnoseAt(source, [start, end], '', {
        code: 'HP104',
        summary: `the tag ${node.tag.replace('tag:yaml.org,2002:', '!!')} is not used here`,
        detail: 'write the value without it',
      }),
    );
  }
  return found;
}

function checkKeys(
  source: TextSource,
  pairs: readonly { readonly key: unknown }[],
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const names = new Set<string>();
  for (const { key } of pairs) {
    if (!isScalar(key) || typeof key.value !== 'string') {
      found.push(...notText(source, key));
      continue;
    }
    const [start, end] = key.range ?? [0, 0];
    if (names.has(key.value)) {
      found.push(
        diagnoseAt(source, [start, end], '', {
          code: 'HP105',
          summary: `the key "${key.value}" stands twice`,
          detail: 'remove one of them',
        }),
      );
    }
    names.add(key.value);
    if (key.value === '<<') {
      found.push(
        diagnoseAt(source, [start, end], '', {
          code: 'HP103',
          summary: 'the merge key << is not used here',
          detail: 'say it once under defaults:',
        }),
      );
    }
  }
  return found;
}

function notText(source: TextSource, key: unknown): readonly Diagnostic[] {
  // An alias or an anchor as a key is told of as such.
  if (isAlias(key)) return [];
  const range = isScalar(key) || isMap(key) || isSeq(key) ? key.range : null;
  const [start, end] = range ?? [0, 0];
  const written = source.text.slice(start, end);
  return [
    diagnoseAt(source, [start, end], '', {
      code: 'HP110',
      summary: 'this key is not a text',
      ...(isScalar(key) && written !== '' ? { detail: `put it in quotes: "${written}"` } : {}),
    }),
  ];
}
