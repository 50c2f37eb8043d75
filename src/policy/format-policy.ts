import { isCollection, isMap, isScalar, visit, type Document } from 'yaml';
import { fail, ok, type Result } from '../model/result.ts';
import { sortDiagnostics, type Diagnostics } from './diagnostic.ts';
import { parseYaml } from './parse-yaml.ts';
import { isPolicyKey } from './policy-file.ts';
import { diagnoseFile } from './source.ts';

/**
 * The one form of a policy's text: two spaces, comments kept, at most one
 * blank line, no folded lines. There are no options. A text that is not YAML
 * fails, and so does one that has no key of a policy: most texts are YAML of some kind, and
 * `fmt` made one line of /etc/passwd. A policy with mistakes does not fail, so that an editor may format it.
 */
export function formatPolicy(text: string, file = 'policy.yaml'): Result<string, Diagnostics> {
  let before = text;
  // Comments inside braces move step by step: what is read again may be
  // written differently once more, and the one form is the one that stays.
  for (let round = 0; round < maxRounds; round += 1) {
    const { source, diagnostics } = parseYaml(before, file);
    if (source === null || diagnostics.length > 0) return fail(sortDiagnostics(diagnostics));
    if (!hasPolicyKey(source.document)) return fail([diagnoseFile(file, noPolicy)]);
    padFlow(source.document);
    const after = source.document.toString({ indent: 2, lineWidth: 0 });
    if (after === before) break;
    before = after;
  }
  return ok(before);
}

const noPolicy = {
  code: 'HP115',
  summary: 'the file is no policy: none of its outermost keys is one of a policy',
  detail: 'a policy has keys such as version, stores, defaults and domains',
} as const;

function hasPolicyKey({ contents }: Document.Parsed): boolean {
  return (
    isMap(contents) &&
    contents.items.some(({ key }) => isScalar(key) && isPolicyKey(String(key.value)))
  );
}

// Random documents with comments in odd places came to rest after three.
const maxRounds = 6;

/** `{ path: /backups }` with room, `[nas]` without: yaml knows only one padding for both. */
function padFlow(document: Document.Parsed): void {
  visit(document, {
    Collection: (_key, node) => {
      if (!isCollection(node) || node.flow !== true) return;
      const write = node.toString.bind(node);
      const flowCollectionPadding = isMap(node) ? ' ' : '';
      node.toString = (context, onComment, onChompKeep) =>
        write(context && { ...context, flowCollectionPadding }, onComment, onChompKeep);
    },
  });
}
