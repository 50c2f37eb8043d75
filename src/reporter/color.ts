/** How a piece of text looks on a terminal. Never the only carrier of a meaning. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** SGR parameters that begin and end a style (ECMA-48, 8.3.117). */
const codes: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** A text in a style; the text itself when colour is off, or the style is none. */
export function paint(text: string, style: Style | null, color: boolean): string {
  if (!color || style === null || text === '') return text;
  const [begin, end] = codes[style];
  return `\u001B[${begin}m${text}\u001B[${end}m`;
}

/** What a stream's colour is decided from. */
export interface ColorFacts {
  /** Value of `--color`; `auto` and undefined decide nothing. */
  readonly flag: 'auto' | 'always' | 'never' | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean;
}

/**
 * Whether a stream gets colour: the flag, then NO_COLOR (no-color.org),
 * FORCE_COLOR (`0` and `false` turn it off, as in Node), TERM=dumb, then
 * whether it is a terminal. An empty variable counts as unset.
 */
export function decideColor({ flag, env, isTTY }: ColorFacts): boolean {
  if (flag === 'always') return true;
  if (flag === 'never') return false;
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'] ?? '';
  if (forced !== '') return forced !== '0' && forced !== 'false';
  return env['TERM'] !== 'dumb' && isTTY;
}
