import { paint, type Style } from './color.ts';
import { displayWidth, fitLine, wrapWords } from './display-width.ts';

/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** A row of a table, or a line between rows that spans it. */
export type TableLine =
  | { readonly cells: readonly string[]; readonly style?: Style }
  | { readonly heading: string; readonly style?: Style };

/** How a table is written: the width to keep to is null, or left out, where there is no terminal. */
export interface TableOptions {
  readonly color: boolean;
  readonly indent: number;
  readonly width?: number | null;
}

// In fewer columns a sentence becomes a pile of words, and reads better on lines of its own.
const leastRoom = 24;

/**
 * Lines of a table: titles, then rows, columns as wide as their widest text, two spaces between them. Where the width
 * is not enough, the last column is broken at spaces, or goes below its row; where not even the others fit, each row
 * is a paragraph of titles and texts. Nothing is cut, and no word is broken.
 */
export function renderTable(
  columns: readonly Column[],
  lines: readonly TableLine[],
  options: TableOptions,
): readonly string[] {
  const rows = lines.flatMap((line) => ('cells' in line ? [line.cells] : []));
  const widths = columns.map(({ title }, index) =>
    [title, ...rows.map((cells) => cells[index] ?? '')].reduce(
      (widest, text) => Math.max(widest, displayWidth(text)),
      0,
    ),
  );
  const width = options.width ?? null;
  const last = widths.at(-1) ?? 0;
  const before = options.indent + widths.reduce((sum, one) => sum + one + 2, 0) - last - 2;
  const writeRow: WriteRow =
    width === null || before + last <= width
      ? wholeRow(columns, widths)
      : before + Math.min(last, leastRoom) <= width
        ? hangingRow(columns, widths, width - before, before - options.indent)
        : before - 2 <= width
          ? hangingRow(columns, widths, width - options.indent - 4, 4)
          : stackedRow(columns, width - options.indent);
  const write = (cells: readonly string[], style: Style | null): readonly string[] =>
    writeRow(cells).map(
      (text) => ' '.repeat(options.indent) + paint(text.trimEnd(), style, options.color),
    );
  const titles = columns.map(({ title }) => title);
  return [
    ...write(titles, 'dim'),
    ...lines.flatMap((line) =>
      'cells' in line
        ? write(line.cells, line.style ?? null)
        : fitLine(line.heading, width, 6).map((text) =>
            paint(text, line.style ?? null, options.color),
          ),
    ),
  ];
}

/** The lines of one row, without indent; none for titles that stand at each text anyway. */
type WriteRow = (cells: readonly string[]) => readonly string[];

function wholeRow(columns: readonly Column[], widths: readonly number[]): WriteRow {
  return (cells) => {
    const padded = columns.map(({ align }, index) => {
      const text = cells[index] ?? '';
      const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(text)));
      return align === 'right' ? space + text : text + space;
    });
    return [padded.join('  ')];
  };
}

/** The last column in lines of that room, which begin at a column of the row or of the lines below it. */
function hangingRow(
  columns: readonly Column[],
  widths: readonly number[],
  room: number,
  start: number,
): WriteRow {
  const others = wholeRow(columns.slice(0, -1), widths);
  const startOfLast = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  return (cells) => {
    const [row = ''] = others(cells.slice(0, -1));
    const last = cells[columns.length - 1] ?? '';
    if (last === '') return [row];
    const [first = '', ...more] = wrapWords(last, room);
    const below = (text: string): string => ' '.repeat(start) + text;
    return start === startOfLast
      ? [`${row}  ${first}`, ...more.map(below)]
      : [row, ...[first, ...more].map(below)];
  };
}

/** Each text with its title before it, as many to a line as fit; texts that are longer are broken at spaces. */
function stackedRow(columns: readonly Column[], room: number): WriteRow {
  const titles = columns.map(({ title }) => title);
  return (cells) => {
    if (titles.every((title, index) => cells[index] === title)) return [];
    const pieces = cells.flatMap((text, index) => {
      const title = titles[index] ?? '';
      if (text === '') return [];
      return [title === '' ? text : `${title.toLowerCase()} ${text}`];
    });
    const lines: string[] = [];
    for (const piece of pieces) {
      const line = lines.at(-1);
      if (line !== undefined && displayWidth(line) + 2 + displayWidth(piece) <= room)
        lines[lines.length - 1] = `${line}  ${piece}`;
      else lines.push(...fitLine(lines.length === 0 ? piece : `  ${piece}`, room, 4));
    }
    return lines;
  };
}
