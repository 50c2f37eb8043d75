import { paint, type Style } from './color.ts';
import { displayWidth } from './display-width.ts';

/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** A row of a table, or a line between rows that spans it. */
export type TableLine =
  | { readonly cells: readonly string[]; readonly style?: Style }
  | { readonly heading: string; readonly style?: Style };

/** Lines of a table: titles, then rows, columns as wide as their widest text, two spaces between them. */
export function renderTable(
  columns: readonly Column[],
  lines: readonly TableLine[],
  options: { readonly color: boolean; readonly indent: number },
): readonly string[] {
  const rows = lines.flatMap((line) => ('cells' in line ? [line.cells] : []));
  const widths = columns.map(({ title }, index) =>
    [title, ...rows.map((cells) => cells[index] ?? '')].reduce(
      (widest, text) => Math.max(widest, displayWidth(text)),
      0,
    ),
  );
  const write = (cells: readonly string[], style: Style | null): string => {
    const padded = columns.map(({ align }, index) => {
      const text = cells[index] ?? '';
      const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(text)));
      return align === 'right' ? space + text : text + space;
    });
    const text = padded.join('  ').trimEnd();
    return ' '.repeat(options.indent) + paint(text, style, options.color);
  };
  return [
    write(
      columns.map(({ title }) => title),
      'dim',
    ),
    ...lines.map((line) =>
      'cells' in line
        ? write(line.cells, line.style ?? null)
        : paint(line.heading, line.style ?? null, options.color),
    ),
  ];
}
