import { secondsBetween } from '../model/instant.ts';
import type { TrashReport } from '../model/report.ts';
import { fitLine } from './display-width.ts';
import { humanBytes } from './human-bytes.ts';
import { humanAge } from './human-duration.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { renderTable } from './table.ts';
import { zonedClock } from './zoned-clock.ts';

/** Chains in the trash, with addresses that `trash restore` takes. Ends in a newline. */
export function renderTrash(report: TrashReport, options: RenderOptions): string {
  if (report.items.length === 0) return 'The trash is empty.\n';
  const clock = zonedClock(report.timezone);
  const items = report.items.toSorted((a, b) =>
    a.trashedAt === b.trashedAt ? 0 : a.trashedAt < b.trashedAt ? -1 : 1,
  );
  const lines = items.map(({ address, store, points, bytes, trashedAt, purgeAfter }) => {
    const left = purgeAfter === null ? null : secondsBetween(report.at, purgeAfter);
    return {
      cells: [
        printable(address),
        printable(store),
        String(points),
        humanBytes(bytes),
        clock.minute(trashedAt),
        left === null ? '' : left <= 0 ? 'by the next run' : `in ${humanAge(left)}`,
      ],
    };
  });
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  return `${[
    ...renderTable(
      [
        { title: 'CHAIN' },
        { title: 'STORE' },
        { title: 'POINTS', align: 'right' },
        { title: 'SIZE', align: 'right' },
        { title: 'DELETED' },
        { title: 'REMOVED FOR GOOD' },
      ],
      lines,
      { color: options.color, width: options.width, indent: 0 },
    ),
    '',
    ...fitLine(
      `${plural(items.length, 'chain')}, ${humanBytes(bytes)}. To bring one back: holdfast trash restore CHAIN.`,
      options.width,
      0,
    ),
  ].join('\n')}\n`;
}
