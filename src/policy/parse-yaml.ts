import {
  LineCounter,
  parseDocument,
  type CollectionTag,
  type Document,
  type ScalarTag,
  type TagId,
  type YAMLError,
} from 'yaml';
import type { Diagnostic, Diagnostics } from './diagnostic.ts';
import { diagnoseAt, diagnoseFile, type Saying, type Source, type TextSource } from './source.ts';
import { findStars, withoutStars } from './star.ts';
import { checkNodes } from './yaml-nodes.ts';

// A policy of 1,000 domains has about 100 KiB; what is larger is another file.
const maxLength = 1024 * 1024;

// What comes after so many follows from them.
const maxErrors = 1000;

/** A parsed file, or what is wrong with its YAML. A source can come with diagnostics: other mistakes are then found too. */
export interface Parsed {
  readonly source: Source | null;
  readonly diagnostics: Diagnostics;
}

/** Reads a text as YAML 1.2, one document, without anchors, tags and other surprises. */
export function parseYaml(text: string, file: string): Parsed {
  if (text.length > maxLength) {
    const mebibytes = (text.length / maxLength).toFixed(1);
    return failed(
      diagnoseFile(file, {
        code: 'HP101',
        summary: `the file has ${mebibytes} MiB and is not read`,
        detail: 'a policy has at most 1 MiB',
      }),
    );
  }
  try {
    return parseWhole(text, file);
  } catch (error) {
    // Of some nests the parser does not count the depth: `{a: b: b: …`.
    if (!(error instanceof RangeError && /call stack/.test(error.message))) throw error;
    return failed(diagnoseFile(file, tooDeep));
  }
}

function parseWhole(text: string, file: string): Parsed {
  const lines = new LineCounter();
  let document = parse(text, lines);
  let stars: readonly number[] = [];
  // Only a text with a star where a value begins can have one to repair.
  if (/[\n:,[{?-][ \t]*\*/.test(text)) {
    stars = findStars(text).offsets;
    if (stars.length > 0) document = parse(withoutStars(text, stars), new LineCounter());
  }
  const where: TextSource = { file, text, lines, ascii: isAscii(text) };
  const found: Diagnostic[] = [
    ...syntaxErrors(where, document),
    ...onePerLine(checkNodes(where, document, stars)),
  ];
  if (found.length === 0 && document.contents === null) {
    return failed(
      diagnoseFile(file, {
        code: 'HP108',
        summary: 'the file is empty',
        detail:
          'an empty policy is never read as "back up nothing"; holdfast init writes a first one',
      }),
    );
  }
  // An alias is not followed, or a bomb of them would go off.
  const readable =
    document.errors.length === 0 && found.every(({ code }) => code !== 'HP103' && code !== 'HP110');
  return {
    source: readable ? { ...where, document, data: document.toJS() } : null,
    diagnostics: found,
  };
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^[\u0000-\u007f]*$/.test(text);
}

function failed(diagnostic: Diagnostic): Parsed {
  return { source: null, diagnostics: [diagnostic] };
}

/** Of the same kind: a line of twenty aliases is one mistake. */
function onePerLine(diagnostics: Diagnostics): Diagnostics {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, range }) => {
    const key = `${code} ${range?.start.line}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** yaml's own check of unique keys takes minutes for a megabyte of keys, and frames in messages likewise: both are ours. */
function parse(text: string, lineCounter: LineCounter): Document.Parsed {
  return parseDocument(text, {
    lineCounter,
    version: '1.2',
    uniqueKeys: false,
    prettyErrors: false,
    // A number is written back as it was: 0230 may have been meant as a text.
    customTags: (tags) => tags.map((tag) => (isNumberTag(tag) ? keepSource(tag) : tag)),
  });
}

function isNumberTag(tag: TagId | CollectionTag | ScalarTag): tag is ScalarTag {
  return typeof tag !== 'string' && /:(?:int|float)$/.test(tag.tag);
}

function keepSource(tag: ScalarTag): ScalarTag {
  const { stringify } = tag;
  return {
    ...tag,
    stringify: (item, context, onComment, onChompKeep) =>
      item.source ?? stringify?.(item, context, onComment, onChompKeep) ?? String(item.value),
  };
}

/** One sentence a line: the parser's further complaints about a line follow from its first. */
function syntaxErrors(source: TextSource, document: Document.Parsed): readonly Diagnostic[] {
  const seen = new Set<number>();
  const found: Diagnostic[] = [];
  // Unresolved tags are told of where nodes are checked.
  const warnings = document.warnings.filter(({ code }) => code !== 'TAG_RESOLVE_FAILED');
  for (const error of [...document.errors, ...warnings].slice(0, maxErrors)) {
    const { line } = source.lines.linePos(error.pos[0]);
    if (seen.has(line)) continue;
    seen.add(line);
    found.push(diagnoseAt(source, error.pos, '', sayingOf(error)));
    // Everything after a quote that is not closed is inside it.
    if (error.code === 'MISSING_CHAR') break;
  }
  return found;
}

const tooDeep: Saying = { code: 'HP111', summary: 'the text is nested too deeply to be a policy' };

function sayingOf({ code, message }: YAMLError): Saying {
  const said = `${message.slice(0, 1).toLowerCase()}${message.slice(1)}`;
  switch (code) {
    case 'TAB_AS_INDENT':
      return { code: 'HP106', summary: 'a tab cannot indent', detail: 'use spaces' };
    case 'MULTIPLE_DOCS':
      return {
        code: 'HP107',
        summary: 'a second document begins here',
        detail: 'remove the line ---, or use include: for several files',
      };
    case 'RESOURCE_EXHAUSTION':
      return tooDeep;
    case 'BAD_DIRECTIVE':
      return { code: 'HP112', summary: 'directives are not used here', detail: 'remove the line' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        code: 'HP109',
        summary: 'a second ": " on this line',
        detail: 'put the value in quotes, or begin a new line',
      };
    case 'BAD_SCALAR_START':
      return {
        code: 'HP109',
        summary: said.replace('plain value', 'a value'),
        detail: 'put it in quotes',
      };
    case 'MISSING_CHAR':
      return { code: 'HP109', summary: said.replace(/"quote$/, '" of a quoted text') };
    default:
      return { code: 'HP109', summary: said };
  }
}
