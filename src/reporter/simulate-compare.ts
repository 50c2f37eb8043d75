import type {
  SimulatedDay,
  SimulationComparison,
  SimulationDifference,
  SimulationReport,
} from '../model/simulation.ts';
import { humanBytes } from './human-bytes.ts';
import { humanAge } from './human-duration.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { namesOf } from './simulate-domains.ts';
import { renderClockChanges, renderSimulatedGuards } from './simulate-nights.ts';
import { renderPlot } from './simulate-plot.ts';
import { renderHead, wholeNumber } from './simulate-text.ts';
import { renderTable, type TableLine } from './table.ts';

/** What another policy does otherwise, for people. Ends in a newline. */
export function renderComparison(comparison: SimulationComparison, options: RenderOptions): string {
  const { this: own, other } = comparison;
  const names = `█ ${printable(own.policy.file)}, o ${printable(other.policy.file)}`;
  const curve = (
    title: string,
    height: number,
    value: (day: SimulationReport['days'][number]) => number,
    label: (value: number) => string,
  ): readonly string[] =>
    renderPlot(
      {
        title: `${title}: ${names}`,
        days: own.days.length >= other.days.length ? own.days : other.days,
        values: own.days.map(value),
        other: other.days.map(value),
        rows: height,
        write: label,
      },
      options,
    );
  const parts: readonly (readonly string[])[] = [
    renderHead(own, options),
    ['Compared with', ...renderHead(other, options).slice(0, 1)],
    curve('Storage', 8, ({ peakBytes }) => peakBytes, humanBytes),
    curve('Restorable points', 4, ({ points }) => points, wholeNumber),
    ...mirrorCurves(own, other, names, options),
    differencesOf(comparison, options),
    guardsOf(own),
    guardsOf(other),
    ...nightsOf(own, other),
    [...new Set([...own.remarks, ...other.remarks])].map((remark) => `Note: ${printable(remark)}`),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** Storage at each mirror, of both; one that a policy does not have is none. */
function mirrorCurves(
  own: SimulationReport,
  other: SimulationReport,
  names: string,
  options: RenderOptions,
): readonly (readonly string[])[] {
  return [...new Set([...own.mirrors, ...other.mirrors].map(({ name }) => name))].map((name) => {
    const [here, there] = [own, other].map(
      ({ mirrors }) => mirrors.find((mirror) => mirror.name === name)?.days ?? [],
    );
    return renderPlot(
      {
        title: `Mirror ${printable(name)}: ${names}`,
        days: own.days.length >= other.days.length ? own.days : other.days,
        values: daysOr(here, own).map(({ peakBytes }) => peakBytes),
        other: daysOr(there, other).map(({ peakBytes }) => peakBytes),
        rows: 4,
        write: humanBytes,
      },
      options,
    );
  });
}

const daysOr = (
  days: readonly SimulatedDay[] | undefined,
  report: SimulationReport,
): readonly Pick<SimulatedDay, 'peakBytes'>[] =>
  days === undefined || days.length === 0 ? report.days.map(() => ({ peakBytes: 0 })) : days;

/** Once where both have the same nights, else under the name of each. */
function nightsOf(own: SimulationReport, other: SimulationReport): readonly (readonly string[])[] {
  const lines = renderClockChanges(own);
  if (JSON.stringify(own.clockChanges) === JSON.stringify(other.clockChanges)) return [lines];
  return [own, other].map((report) => [
    `Under ${printable(report.policy.file)}`,
    ...renderClockChanges(report).map((line) => `  ${line}`),
  ]);
}

function guardsOf(report: SimulationReport): readonly string[] {
  const [, ...lines] = renderSimulatedGuards(report);
  return lines.length === 0 ? [] : [`Guards under ${printable(report.policy.file)}`, ...lines];
}

const figureWords: Readonly<Record<SimulationDifference['figure'], string>> = {
  backups: 'backups',
  fulls: 'fulls',
  points: 'points at the end',
  peakBytes: 'peak of storage',
  endBytes: 'storage at the end',
  writtenBytes: 'written',
  worstGapSeconds: 'longest gap',
  deletedChains: 'chains deleted',
  deletedPoints: 'points deleted',
};

const mirrorWords = { writtenBytes: 'copied' } as const;

function differencesOf(
  comparison: SimulationComparison,
  options: RenderOptions,
): readonly string[] {
  const { this: own, other, totals, mirrors, domains } = comparison;
  const lines = renderDifferences(comparison, options, [own.policy.file, other.policy.file]);
  return totals.length + mirrors.length + domains.length === 0 ? lines : ['What differs', ...lines];
}

/** The figures that differ, as a table with a column for each policy. */
export function renderDifferences(
  { totals, mirrors, domains }: SimulationComparison,
  options: RenderOptions,
  [before, after]: readonly [string, string],
): readonly string[] {
  if (totals.length + mirrors.length + domains.length === 0)
    return ['No difference: both policies do the same in this time.'];
  const lines: TableLine[] = [
    { heading: '  all domains', style: 'bold' },
    ...rows(totals),
    ...mirrors.flatMap(({ name, differences }): readonly TableLine[] => [
      { heading: `  mirror ${printable(name)}`, style: 'bold' },
      ...rows(differences, mirrorWords),
    ]),
    ...alike(domains).flatMap((some): readonly TableLine[] => [
      { heading: `  ${namesOf(some)}`, style: 'bold' },
      ...rows(some[0]?.differences ?? []),
    ]),
  ];
  return renderTable(
    [
      { title: '' },
      { title: printable(before), align: 'right' },
      { title: printable(after), align: 'right' },
      { title: 'CHANGE', align: 'right' },
    ],
    lines,
    { color: options.color, indent: 4 },
  );
}

type Differing = SimulationComparison['domains'][number];

/** Domains that differ in the same, together. */
function alike(domains: readonly Differing[]): readonly (readonly Differing[])[] {
  const groups = new Map<string, Differing[]>();
  for (const domain of domains) {
    const key = JSON.stringify(domain.differences);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [domain]);
    else known.push(domain);
  }
  return [...groups.values()];
}

function rows(
  differences: readonly SimulationDifference[],
  words: Readonly<Partial<Record<SimulationDifference['figure'], string>>> = {},
): readonly TableLine[] {
  return differences.map(({ figure, this: before, other: after }) => ({
    cells: [
      words[figure] ?? figureWords[figure],
      write(figure, before),
      write(figure, after),
      before === null || after === null ? '' : change(figure, after - before),
    ],
  }));
}

function write(figure: SimulationDifference['figure'], value: number | null): string {
  if (value === null) return '-';
  if (figure === 'worstGapSeconds') return humanAge(value);
  return figure.endsWith('Bytes') ? humanBytes(value) : String(value);
}

const change = (figure: SimulationDifference['figure'], by: number): string =>
  `${by > 0 ? '+' : '-'}${write(figure, Math.abs(by))}`;
