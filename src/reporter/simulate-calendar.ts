import { addressOf, onMirror } from '../model/address.ts';
import type { SimulatedDay, SimulatedEvent, SimulationReport } from '../model/simulation.ts';
import { humanBytes } from './human-bytes.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { renderTable } from './table.ts';
import { zonedClock } from './zoned-clock.ts';

/** Lines that a calendar may have before it is told in larger steps. */
const mostLines = 56;
const mostMonths = 132;

/** What happens when: runs of like days; of longer times weeks, months or years. */
export function renderCalendar(
  days: readonly SimulatedDay[],
  options: RenderOptions,
): readonly string[] {
  const { step, spans } = spansOf(days);
  return [
    `${step}: points taken and deleted, bytes, and what is there at the end`,
    ...renderTable(
      [
        { title: 'FROM' },
        { title: 'DAYS', align: 'right' },
        { title: 'FULLS', align: 'right' },
        { title: 'INCR', align: 'right' },
        { title: 'WRITTEN', align: 'right' },
        { title: 'DELETED', align: 'right' },
        { title: 'FREED', align: 'right' },
        { title: 'STORAGE', align: 'right' },
        { title: 'POINTS', align: 'right' },
      ],
      spans.map((span) => ({ cells: cellsOf(span) })),
      { color: options.color, indent: 2 },
    ),
  ];
}

type Span = readonly SimulatedDay[];

function spansOf(days: readonly SimulatedDay[]): {
  readonly step: string;
  readonly spans: readonly Span[];
} {
  const like = grouped(days, (day, before) => shapeOf(day) === shapeOf(before));
  if (like.length <= mostLines) return { step: 'Day by day', spans: like };
  // Monday begins the week, as in retention.
  const weeks = grouped(days, ({ date }) => weekday(date) !== 1);
  if (weeks.length <= mostLines) return { step: 'Week by week', spans: weeks };
  const months = grouped(days, (a, b) => a.date.slice(0, 7) === b.date.slice(0, 7));
  if (months.length <= mostMonths) return { step: 'Month by month', spans: months };
  const years = grouped(days, (a, b) => a.date.slice(0, 4) === b.date.slice(0, 4));
  return { step: 'Year by year', spans: years };
}

const weekday = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay();

const shapeOf = (day: SimulatedDay): string =>
  [day.fulls, day.increments, day.deletedChains, day.deletedPoints, day.freedBytes].join(' ');

function grouped(
  days: readonly SimulatedDay[],
  goesOn: (day: SimulatedDay, before: SimulatedDay) => boolean,
): readonly Span[] {
  const spans: SimulatedDay[][] = [];
  for (const [index, day] of days.entries()) {
    const before = days[index - 1];
    const last = spans.at(-1);
    if (before !== undefined && last !== undefined && goesOn(day, before)) last.push(day);
    else spans.push([day]);
  }
  return spans;
}

const count = (value: number): string => (value === 0 ? '' : String(value));
const bytes = (value: number): string => (value === 0 ? '' : humanBytes(value));

function cellsOf(span: Span): readonly string[] {
  const sum = (value: (day: SimulatedDay) => number): number =>
    span.reduce((all, day) => all + value(day), 0);
  const last = span.at(-1);
  return [
    span[0]?.date ?? '',
    String(span.length),
    count(sum(({ fulls }) => fulls)),
    count(sum(({ increments }) => increments)),
    bytes(sum(({ writtenBytes }) => writtenBytes)),
    count(sum(({ deletedPoints }) => deletedPoints)),
    bytes(sum(({ freedBytes }) => freedBytes)),
    humanBytes((last?.pointBytes ?? 0) + (last?.trashBytes ?? 0)),
    String(last?.points ?? 0),
  ];
}

/** Every backup and deletion, a line each. */
export function renderEvents(
  { events, timezone }: SimulationReport,
  options: RenderOptions,
): readonly string[] {
  if (events === null) return [];
  const clock = zonedClock(timezone);
  return [
    events.some(({ mirror }) => mirror !== null)
      ? 'Every backup, copy and deletion'
      : 'Every backup and deletion',
    ...renderTable(
      [
        { title: 'TIME' },
        { title: 'DOMAIN' },
        { title: 'WHAT' },
        { title: 'SIZE', align: 'right' },
      ],
      events.map((event) => ({
        cells: [
          clock.minute(event.at),
          printable(
            event.mirror === null
              ? addressOf(event.name)
              : onMirror(event.mirror, addressOf(event.name)),
          ),
          whatOf(event, (at) => clock.minute(at).slice(0, 10)),
          humanBytes(event.bytes),
        ],
      })),
      { color: options.color, indent: 2 },
    ),
  ];
}

function whatOf(
  { kind, level, chainBeganAt, points, mirror }: SimulatedEvent,
  dateOf: (at: string) => string,
): string {
  if (kind === 'backup') return level === 'full' ? '> full' : '> increment';
  if (kind === 'copy') return level === 'full' ? '> copy of a full' : '> copy of an increment';
  const chain = `chain of ${chainBeganAt === null ? '?' : dateOf(chainBeganAt)}`;
  return kind === 'trash'
    ? `- ${chain}, ${plural(points ?? 0, 'point')}, ${mirror === null ? 'to the trash' : 'deleted there'}`
    : `- ${chain}, ${mirror === null ? 'out of the trash' : 'its data too'}`;
}
