import type { SimulatedDay } from '../model/simulation.ts';
import { paint } from './color.ts';
import type { RenderOptions } from './row.ts';

/** A curve over days, and what its values read like. */
export interface Plot {
  readonly title: string;
  readonly days: readonly SimulatedDay[];
  readonly values: readonly number[];
  /** Another curve over the same days; it is drawn as a line of `o`. */
  readonly other: readonly number[] | null;
  readonly rows: number;
  readonly write: (value: number) => string;
}

/** Narrower, no curve is to be seen; wider, no reader follows it. */
const [leastColumns, mostColumns] = [20, 160];
const eighths = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** A filled curve of block characters, as wide as the terminal, with its axes. */
export function renderPlot(plot: Plot, options: RenderOptions): readonly string[] {
  const most = Math.max(1, ...bounds(plot.values), ...bounds(plot.other ?? []));
  const labels = rowLabels(plot, most);
  const indent = Math.max(...labels.map((label) => label.length));
  const room = Math.min(options.width ?? 80, mostColumns) - indent - 5;
  const columns = Math.max(leastColumns, Math.min(room, plot.days.length * 4));
  const own = sampled(plot.values, columns);
  const other = plot.other === null ? null : sampled(plot.other, columns);
  const lines = labels.map((label, row) => {
    const cells = own.map((value, column) =>
      cell(value, other?.[column] ?? null, { most, rows: plot.rows, row }),
    );
    const axis = label === '' ? '│' : '┤';
    return `  ${label.padStart(indent)} ${axis}${cells.join('').trimEnd()}`;
  });
  return [
    paint(plot.title, 'bold', options.color),
    ...lines,
    `  ${plot.write(0).padStart(indent)} └${'─'.repeat(columns)}`,
    `  ${' '.repeat(indent)}  ${dateLabels(plot.days, columns)}`.trimEnd(),
  ];
}

/** Least and greatest; a spread of ten years of values would be too many arguments. */
function bounds(values: readonly number[]): readonly number[] {
  return [values.reduce((most, value) => Math.max(most, value), 0)];
}

/** The top row and the middle one are labelled. */
function rowLabels({ rows, write }: Plot, most: number): readonly string[] {
  return Array.from({ length: rows }, (_none, row) => {
    if (row === 0) return write(most);
    return row * 2 === rows ? write(most / 2) : '';
  });
}

/** The greatest value of each column's days: a peak of one day stays to be seen. */
function sampled(values: readonly number[], columns: number): readonly number[] {
  return Array.from({ length: columns }, (_none, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns));
    return Math.max(...values.slice(from, to));
  });
}

function cell(
  value: number,
  other: number | null,
  { most, rows, row }: { readonly most: number; readonly rows: number; readonly row: number },
): string {
  const below = rows - 1 - row;
  if (other !== null) {
    const height = Math.min(rows - 1, Math.floor((other / most) * rows));
    if (height === below) return 'o';
  }
  const filled = Math.round((value / most) * rows * 8) - below * 8;
  return eighths[Math.max(0, Math.min(8, filled))] ?? ' ';
}

/** Dates below the axis, each where its day is: of days, months or years, as there is room. */
function dateLabels(days: readonly SimulatedDay[], columns: number): string {
  const [every, length] = days.length <= 62 ? [7, 10] : days.length <= 1100 ? [0, 7] : [-1, 4];
  let line = '';
  for (const [index, { date }] of days.entries()) {
    const isMark =
      every > 0
        ? index % every === 0
        : every === 0
          ? date.endsWith('-01')
          : date.endsWith('-01-01');
    const column = Math.floor((index * columns) / days.length);
    if (!isMark || column < line.length + (line === '' ? 0 : 2)) continue;
    if (column + length > columns) break;
    line = line.padEnd(column) + date.slice(0, length);
  }
  return line;
}
