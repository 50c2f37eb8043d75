import type { SimulatedMirror, SimulationReport } from '../model/simulation.ts';
import { paint } from './color.ts';
import { wrapWords } from './display-width.ts';
import { humanBytes } from './human-bytes.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { renderCalendar, renderEvents } from './simulate-calendar.ts';
import { renderRemains, renderSimulatedDomains } from './simulate-domains.ts';
import { renderClockChanges, renderSimulatedGuards } from './simulate-nights.ts';
import { renderPlot } from './simulate-plot.ts';
import { zonedClock } from './zoned-clock.ts';

/** What a policy will do over a time, for people. Ends in a newline. */
export function renderSimulation(report: SimulationReport, options: RenderOptions): string {
  const { days } = report;
  const parts: readonly (readonly string[])[] = [
    [...renderHead(report, options), ...renderSums(report, options)],
    renderPlot(
      {
        title: 'Storage, points and trash',
        days,
        values: days.map(({ peakBytes }) => peakBytes),
        other: null,
        rows: 8,
        write: humanBytes,
      },
      options,
    ),
    renderPlot(
      {
        title: 'Restorable points',
        days,
        values: days.map(({ points }) => points),
        other: null,
        rows: 4,
        write: wholeNumber,
      },
      options,
    ),
    ...report.mirrors.map(({ name, days: own }) =>
      renderPlot(
        {
          title: `Mirror ${printable(name)}: copies and what is deleted there`,
          days: own,
          values: own.map(({ peakBytes }) => peakBytes),
          other: null,
          rows: 4,
          write: humanBytes,
        },
        options,
      ),
    ),
    report.events === null ? renderCalendar(days, options) : renderEvents(report, options),
    renderSimulatedDomains(report, options),
    renderRemains(report, options),
    renderClockChanges(report),
    renderSimulatedGuards(report),
    report.remarks.map((remark) => `Note: ${printable(remark)}`),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** Bytes of points and trash together. */
const usedBytes = (day: { readonly pointBytes: number; readonly trashBytes: number }): number =>
  day.pointBytes + day.trashBytes;

/** A count on an axis. */
export const wholeNumber = (value: number): string => String(Math.round(value));

/** The lines that say what was simulated, and what is supposed. */
export function renderHead(report: SimulationReport, options: RenderOptions): readonly string[] {
  const { policy, timezone, days, startAt, endAt } = report;
  const clock = zonedClock(timezone);
  const commit =
    policy.commit === null ? '' : ` at ${policy.branch ?? ''} ${policy.commit.slice(0, 7)}`;
  return [
    ...facts('policy', `${printable(policy.file)}${printable(commit)}`, options),
    ...facts('from', beginningOf(report), options),
    ...facts(
      'time',
      `${clock.minute(startAt)} to ${clock.minute(endAt)}, ${plural(days.length, 'calendar day')} in ${timezone}`,
      options,
    ),
    ...facts('supposed', suppositions(report).join(' · '), options),
  ];
}

const labelWidth = 11;

function facts(label: string, text: string, options: RenderOptions): readonly string[] {
  const room = (options.width ?? Infinity) - labelWidth;
  return wrapWords(text, room).map((line, index) =>
    index === 0
      ? paint(label.padEnd(labelWidth), 'dim', options.color) + line
      : ' '.repeat(labelWidth) + line,
  );
}

function beginningOf({ from, host, domains, assumptions }: SimulationReport): string {
  const count = plural(domains.length, 'domain');
  if (from === 'observed') return `${printable(host ?? '')} as it was observed, ${count}`;
  const each = assumptions.perPattern ?? 1;
  const many = each === 1 ? 'one stands' : `${each} stand`;
  const size = humanBytes(assumptions.diskBytes ?? 0);
  return `nothing: ${count} that the policy speaks of, ${many} for each pattern, disks of ${size}`;
}

function suppositions({ domains, mirrors, assumptions }: SimulationReport): readonly string[] {
  const shares = domains.map(({ changePerDay }) => changePerDay);
  const [least, most] = [Math.min(...shares), Math.max(...shares)];
  const range = least === most ? percent(least) : `${percent(least)} to ${percent(most)}`;
  const guessed = domains.filter(({ changeFrom }) => changeFrom === 'assumed').length;
  const source =
    guessed === domains.length
      ? ' (a guess: --change says it better)'
      : domains.some(({ changeFrom }) => changeFrom === 'history')
        ? ` (from the domains' own points${guessed > 0 ? `; a guess of ${guessed}` : ''})`
        : '';
  const { growthPerYear, jitterLeftOut } = assumptions;
  return [
    `${range} of a disk changes in a day${source}`,
    growthPerYear === 0 ? 'disks do not grow' : `disks grow by ${percent(growthPerYear)} a year`,
    ...(jitterLeftOut ? ['jitter is left out'] : []),
    mirrors.length === 0
      ? 'every apply succeeds'
      : 'every apply succeeds, and every copy arrives at once',
  ];
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))}%`;

/** The figures that are asked for first. */
function renderSums(report: SimulationReport, options: RenderOptions): readonly string[] {
  const { totals, stores, mirrors, timezone } = report;
  const clock = zonedClock(timezone);
  const date = (at: string): string => clock.minute(at).slice(0, 10);
  const used = humanBytes(usedBytes(totals));
  const trash =
    totals.trashBytes > 0 ? `, ${humanBytes(totals.trashBytes)} of it in the trash` : '';
  const backups = `${plural(totals.fulls, 'full')} and ${plural(totals.increments, 'increment')}`;
  const deleted =
    totals.deletedChains === 0
      ? 'nothing deleted'
      : `${plural(totals.deletedChains, 'chain')} with ${plural(totals.deletedPoints, 'point')} deleted`;
  return [
    ...facts(
      'storage',
      `peak ${humanBytes(totals.peakBytes)} on ${date(totals.peakAt)}; at the end ${used}${trash}`,
      options,
    ),
    ...stores.flatMap((store) => facts('', storeLine(store, stores.length, date), options)),
    ...facts(
      'points',
      `${totals.points} at the end; ${backups}, ${humanBytes(totals.writtenBytes)} written; ${deleted}`,
      options,
    ),
    ...mirrors.flatMap((mirror) => facts('mirror', mirrorLine(mirror, date), options)),
  ];
}

/** What a mirror needs and gets; its own retention is named where it may not delete. */
function mirrorLine(mirror: SimulatedMirror, date: (at: string) => string): string {
  const { name, copiedPoints, copiedBytes, deletedChains, deletedPoints, deletes } = mirror;
  const trash =
    mirror.trashBytes > 0
      ? `, ${humanBytes(mirror.trashBytes)} of it deleted and not yet gone`
      : '';
  const deleted =
    deletes === 'never'
      ? 'nothing is deleted there (deletes: never)'
      : deletedChains === 0
        ? 'nothing deleted there'
        : `${plural(deletedChains, 'chain')} with ${plural(deletedPoints, 'point')} deleted there`;
  return (
    `${printable(name)}: peak ${humanBytes(mirror.peakBytes)} on ${date(mirror.peakAt)}; ` +
    `at the end ${humanBytes(usedBytes(mirror))}${trash}, ${plural(mirror.points, 'point')}; ` +
    `${plural(copiedPoints, 'point')} copied, ${humanBytes(copiedBytes)}; ${deleted}`
  );
}

function storeLine(
  { name, peakBytes, peakAt, roomBytes, fullAt }: SimulationReport['stores'][number],
  stores: number,
  date: (at: string) => string,
): string {
  const peak = stores === 1 ? '' : `: peak ${humanBytes(peakBytes)} on ${date(peakAt)}`;
  if (roomBytes === null)
    return `store ${printable(name)}${peak}${stores === 1 ? ': nothing is known of its size' : ''}`;
  const room = `room for ${humanBytes(roomBytes)} more before the reserve`;
  return fullAt === null
    ? `store ${printable(name)}${peak}: ${room}, which is enough`
    : `store ${printable(name)}${peak}: ${room}, used up on ${date(fullAt)}`;
}
