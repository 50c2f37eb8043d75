import type { PointHold, PointRow, PointsReport } from '../model/report.ts';
import { paint } from './color.ts';
import { fitLine } from './display-width.ts';
import { drilledWords } from './drill-words.ts';
import { faults } from './faults.ts';
import { humanBytes } from './human-bytes.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { shortener } from './short-id.ts';
import { renderTable, type TableLine } from './table.ts';
import { zonedClock, type ZonedClock } from './zoned-clock.ts';

/** Restore points by domain and chain, oldest first, each with the reason why it is kept. Ends in a newline. */
export function renderPoints(report: PointsReport, options: RenderOptions): string {
  if (report.points.length === 0) return 'No restore points.\n';
  const clock = zonedClock(report.timezone);
  const shorten = options.verbose
    ? (id: string) => id
    : shortener(report.points.map(({ chain }) => chain));
  // Without an address no manifest is read, and nothing is known of these.
  const isRead = report.points.some(({ quiesce }) => quiesce !== null);
  const isBooted = report.points.some(({ drill }) => drill !== undefined);
  const lines: TableLine[] = [];
  for (const domain of groups(report.points, ({ store, uuid }) => `${uuid} ${store}`)) {
    const [first] = domain;
    if (first === undefined) continue;
    lines.push({ heading: domainHeading(first, domain), style: 'bold' });
    for (const chain of groups(domain, (row) => row.chain)) {
      const [newest] = chain;
      if (newest === undefined) continue;
      const hold = newest.holds.find(({ on }) => on === 'chain');
      const held =
        hold !== undefined
          ? `, ${holdWords(hold, clock)}`
          : chain.every((row) => row.held)
            ? ', held'
            : '';
      lines.push({ heading: `  chain ${shorten(newest.chain)}, ${sums(chain)}${held}` });
      for (const row of chain) lines.push(pointLine(row, clock, { isRead, isBooted }));
    }
  }
  const table = renderTable(
    [
      { title: 'SEQ' },
      { title: 'TIME' },
      { title: 'LEVEL' },
      { title: 'SIZE', align: 'right' },
      ...(isRead ? [{ title: 'QUIESCED' }] : []),
      { title: 'HELD' },
      ...(isRead ? [{ title: 'CHECKED' }] : []),
      ...(isBooted ? [{ title: 'BOOTED' }] : []),
      { title: 'KEPT BECAUSE' },
    ],
    lines,
    { color: options.color, width: options.width, indent: 4 },
  );
  const total = paint(`${sums(report.points)}.`, 'bold', options.color);
  return `${[...table, '', ...fitLine(total, options.width, 0)].join('\n')}\n`;
}

/** Rows with the same key together, in the order of address: domain, chain, sequence. */
function groups(
  rows: readonly PointRow[],
  keyOf: (row: PointRow) => string,
): readonly (readonly PointRow[])[] {
  const found = new Map<string, PointRow[]>();
  const order = rows.toSorted(
    (a, b) =>
      byText(a.name, b.name) ||
      byText(a.uuid, b.uuid) ||
      byText(a.store, b.store) ||
      byText(a.chain, b.chain) ||
      a.sequence - b.sequence ||
      byText(a.point, b.point),
  );
  for (const row of order) {
    const key = keyOf(row);
    const group = found.get(key);
    if (group === undefined) found.set(key, [row]);
    else group.push(row);
  }
  return [...found.values()];
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function sums(rows: readonly PointRow[]): string {
  const bytes = rows.reduce((total, row) => total + row.bytes, 0);
  return `${plural(rows.length, 'point')}, ${humanBytes(bytes)}`;
}

function domainHeading(first: PointRow, rows: readonly PointRow[]): string {
  return `${printable(first.address.split('/').slice(0, 2).join('/'))}  ${printable(first.store)}, ${sums(rows)}`;
}

function pointLine(
  row: PointRow,
  clock: ZonedClock,
  { isRead, isBooted }: { readonly isRead: boolean; readonly isBooted: boolean },
): TableLine {
  const kept =
    row.keptBy === null
      ? ''
      : row.keptBy.length === 0
        ? 'kept by no rule'
        : printable(row.keptBy.join(', '));
  const fault = row.fault === null ? '' : `! ${faults[row.fault].short}`;
  const own = row.holds.flatMap((hold) => (hold.on === 'point' ? [holdWords(hold, clock)] : []));
  const note = row.note === null ? '' : `"${printable(row.note)}"`;
  return {
    cells: [
      String(row.sequence).padStart(4, '0'),
      clock.minute(row.frozenAt),
      row.level,
      humanBytes(row.bytes),
      ...(isRead ? [quiescedWords(row)] : []),
      row.held ? 'held' : '',
      ...(isRead ? [row.checkedAt === null ? '' : clock.minute(row.checkedAt)] : []),
      ...(isBooted ? [row.drill === undefined ? '' : drilledWords(row.drill, clock)] : []),
      [fault, kept, ...own, note].filter((text) => text !== '').join('; '),
    ],
    ...(row.fault === null ? {} : { style: 'red' as const }),
  };
}

function holdWords({ who, at, reason }: PointHold, clock: ZonedClock): string {
  return `held by ${printable(who)} since ${clock.minute(at)}: ${printable(reason)}`;
}

function quiescedWords({ quiesce }: PointRow): string {
  if (quiesce === null) return '';
  if (quiesce.done) return 'yes';
  return `no: ${unquiescedWords[quiesce.code] ?? printable(quiesce.code)}`;
}

/** Why file systems were not frozen, by the code in the manifest. */
const unquiescedWords: Readonly<Record<string, string>> = {
  'no-agent': 'no guest agent',
  'agent-timeout': 'guest agent did not answer',
  'freeze-failed': 'guest could not freeze',
  'not-asked': 'rule says never',
  off: 'was off',
  paused: 'was paused',
};
