import { paint, type Style } from './color.ts';
import { displayWidth, fitLine, wrapWords } from './display-width.ts';

/** How text is made: colour, the width to keep to (null: none, as in a pipe), all details or the usual ones. */
export interface RenderOptions {
  readonly color: boolean;
  readonly width: number | null;
  readonly verbose: boolean;
}

/** A piece of a row. */
export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

/** One line of a plan: sign, address, what, and then reason and place, which may go below. */
export interface Row {
  /** Four columns: `  > `, `! - `. */
  readonly sign: Cell;
  readonly address: Cell;
  readonly what: Cell;
  readonly reason: Cell;
  readonly place: Cell;
}

/** The column at which each cell begins, if the one before it leaves room. */
export interface Stops {
  readonly what: number;
  readonly reason: number;
  readonly place: number;
}

const continuation = 6;

/**
 * Writes a row: cells at their stops, two spaces after one that is too long.
 * Where that exceeds the width, reason and place go to lines of their own,
 * and what is still too long is broken at spaces; nothing is ever cut.
 */
export function renderRow(row: Row, stops: Stops, options: RenderOptions): readonly string[] {
  const lead = [row.sign, row.address];
  const head: readonly (readonly [Cell, number])[] = [[row.what, stops.what]];
  const tail: readonly (readonly [Cell, number])[] = [
    [row.reason, stops.reason],
    [row.place, stops.place],
  ];
  const whole = place(lead, [...head, ...tail], options.color);
  if (options.width === null || whole.columns <= options.width) return [whole.line];
  const room = options.width - continuation;
  const { reason, place: where } = row;
  const together = displayWidth(reason.text) + 2 + displayWidth(where.text) <= room;
  const below =
    together && reason.text !== '' && where.text !== ''
      ? [place([{ text: ' '.repeat(continuation) }, reason], [[where, 0]], options.color).line]
      : [reason, where].flatMap((cell) => wrapCell(cell, room, options));
  const first = place(lead, head, options.color).line;
  return [...fitLine(first, options.width, continuation), ...below];
}

function wrapCell(cell: Cell, room: number, options: RenderOptions): readonly string[] {
  if (cell.text === '') return [];
  return wrapWords(cell.text, room).map((text) =>
    indented(continuation, { ...cell, text }, options),
  );
}

/** A line of its own below a row. */
export function indented(columns: number, cell: Cell, options: RenderOptions): string {
  return `${' '.repeat(columns)}${paint(cell.text, cell.style ?? null, options.color)}`;
}

function place(
  lead: readonly Cell[],
  cells: readonly (readonly [Cell, number])[],
  color: boolean,
): { readonly line: string; readonly columns: number } {
  let line = lead.map(({ text, style }) => paint(text, style ?? null, color)).join('');
  let columns = displayWidth(lead.map(({ text }) => text).join(''));
  for (const [{ text, style }, stop] of cells) {
    if (text === '') continue;
    const gap = columns < stop ? stop - columns : 2;
    line += ' '.repeat(gap) + paint(text, style ?? null, color);
    columns += gap + displayWidth(text);
  }
  return { line: line.trimEnd(), columns };
}
