import { Parser } from 'yaml';

/** The places at which a value begins with an unquoted star, and the anchors that the text defines. */
interface Stars {
  readonly offsets: readonly number[];
  readonly anchors: ReadonlySet<string>;
}

interface Token {
  readonly type: string;
  readonly offset: number;
  readonly source: string;
}

function isToken(value: object): value is Token {
  return 'type' in value && 'offset' in value && 'source' in value;
}

function collect(text: string): readonly Token[] {
  const found: Token[] = [];
  const open: unknown[] = [...new Parser().parse(text)];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (isToken(value) && (value.type === 'alias' || value.type === 'anchor')) found.push(value);
    open.push(...Object.values(value).filter((part) => typeof part === 'object'));
  }
  return found;
}

/**
 * Finds `match: *` and a schedule of every 15 minutes without quotes: the first mistake that
 * everyone makes. YAML reads the star as an alias and then fails several times
 * at the rest of the line.
 */
export function findStars(text: string): Stars {
  const tokens = collect(text);
  const anchors = new Set(
    tokens.filter(({ type }) => type === 'anchor').map(({ source }) => source.slice(1)),
  );
  const offsets = tokens
    .filter(({ type, source }) => type === 'alias' && !anchors.has(source.slice(1)))
    .map(({ offset }) => offset)
    // Only the first star of a value: what precedes it is the sign of a key, an item or a bracket.
    .filter((offset) =>
      /(?:^|[\n:,[{?-])[ \t]*$/.test(text.slice(Math.max(0, offset - 64), offset)),
    )
    .toSorted((a, b) => a - b);
  return { offsets, anchors };
}

/**
 * The text with a letter in place of each such star: of the same length, so
 * that all places stay true, and readable as YAML, so that everything else
 * that is wrong is found too.
 */
export function withoutStars(text: string, offsets: readonly number[]): string {
  let changed = '';
  let from = 0;
  for (const offset of offsets) {
    changed += `${text.slice(from, offset)}x`;
    from = offset + 1;
  }
  return changed + text.slice(from);
}
