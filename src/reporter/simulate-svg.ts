import { escapeXml } from '../model/escape-xml.ts';
import type { SimulatedDay, SimulationReport } from '../model/simulation.ts';
import { printable } from './printable.ts';
import { binaryTicks, countTicks, dateTicks, type Tick } from './simulate-ticks.ts';

const width = 960;
const left = 84;
const right = 24;
const plotWidth = width - left - right;

/** One of the plots: where it is, and what it shows. */
interface Panel {
  readonly title: string;
  readonly top: number;
  readonly height: number;
  readonly days: (report: SimulationReport) => readonly SimulatedDay[];
  readonly value: (day: SimulatedDay) => number;
  readonly ticks: (most: number) => readonly Tick[];
}

const panels: readonly Panel[] = [
  {
    title: 'Storage: points and trash',
    top: 96,
    height: 220,
    days: ({ days }) => days,
    value: ({ peakBytes }) => peakBytes,
    ticks: binaryTicks,
  },
  {
    title: 'Restorable points',
    top: 384,
    height: 120,
    days: ({ days }) => days,
    value: ({ points }) => points,
    ticks: countTicks,
  },
];

// Below the two, one for each mirror.
const firstMirrorTop = 572;
const mirrorStep = 188;
const mirrorHeight = 120;

function panelsOf(reports: readonly SimulationReport[]): readonly Panel[] {
  const names = new Set(reports.flatMap(({ mirrors }) => mirrors.map(({ name }) => name)));
  return [
    ...panels,
    ...[...names].map((name, index): Panel => ({
      title: `Mirror ${printable(name)}: copies and what is deleted there`,
      top: firstMirrorTop + index * mirrorStep,
      height: mirrorHeight,
      days: ({ mirrors }) => mirrors.find((mirror) => mirror.name === name)?.days ?? [],
      value: ({ peakBytes }) => peakBytes,
      ticks: binaryTicks,
    })),
  ];
}

// Below the last axis its dates.
const foot = 52;

/**
 * The storage and the points of one or two policies over time, as an SVG 1.1
 * document of its own: no script, no font, no link, and colours that follow the
 * reader's light or dark scheme.
 */
export function renderSimulationSvg(reports: readonly SimulationReport[]): string {
  const [first] = reports;
  const days = reports.reduce<readonly SimulatedDay[]>(
    (longest, report) => (report.days.length > longest.length ? report.days : longest),
    [],
  );
  const all = panelsOf(reports);
  const height = all.reduce((most, { top, height: own }) => Math.max(most, top + own), 0) + foot;
  const title = reports.map(({ policy }) => printable(policy.file)).join(' and ');
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escapeXml(`What ${title} will do`)}</title>`,
    `<desc id="desc">${escapeXml(describe(reports))}</desc>`,
    style,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text class="title" x="${left}" y="34">${escapeXml(`What ${title} will do`)}</text>`,
    `<text x="${left}" y="56">${escapeXml(spanOf(first, days))}</text>`,
    ...(reports.length > 1 ? legend(reports) : []),
    ...all.flatMap((panel) => panelLines(panel, reports, days)),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

// Colours that differ in brightness too, for eyes and printers that know no hue.
const style = `<style>
svg { color-scheme: light dark }
.ground { fill: #ffffff }
text { font: 13px system-ui, sans-serif; fill: #57606a }
.title { font-size: 18px; font-weight: 600; fill: #1f2328 }
.name { font-size: 14px; font-weight: 600; fill: #1f2328 }
.grid { stroke: #d8dee4; stroke-width: 1 }
.axis { stroke: #6e7781; stroke-width: 1 }
.area0 { fill: #0969da; fill-opacity: 0.18 }
.line0, .line1 { fill: none; stroke-width: 2; stroke-linejoin: round }
.line0 { stroke: #0969da }
.line1 { stroke: #bc4c00; stroke-dasharray: 6 4 }
.area1 { fill: none }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117 }
text { fill: #9198a1 }
.title, .name { fill: #f0f6fc }
.grid { stroke: #262c36 }
.axis { stroke: #656c76 }
.area0 { fill: #4493f8; fill-opacity: 0.25 }
.line0 { stroke: #4493f8 }
.line1 { stroke: #f0883e }
}
</style>`;

function describe(reports: readonly SimulationReport[]): string {
  return reports
    .map(({ policy, totals }) => {
      const peak = binaryTicks(totals.peakBytes).at(-1)?.unit ?? '';
      const bytes = Math.round(
        totals.peakBytes / (binaryTicks(totals.peakBytes).at(-1)?.size ?? 1),
      );
      return `${printable(policy.file)}: peak of storage ${bytes} ${peak}, ${totals.points} points at the end.`;
    })
    .join(' ');
}

function spanOf(report: SimulationReport | undefined, days: readonly SimulatedDay[]): string {
  const from =
    report?.from === 'observed'
      ? `from ${printable(report.host ?? '')} as observed`
      : 'from nothing';
  return `${days[0]?.date ?? ''} to ${days.at(-1)?.date ?? ''}, ${from}`;
}

function legend(reports: readonly SimulationReport[]): readonly string[] {
  return reports.flatMap(({ policy }, index) => {
    const x = left + plotWidth - 300 + index * 160;
    return [
      `<line class="line${index}" x1="${x}" y1="52" x2="${x + 28}" y2="52"/>`,
      `<text x="${x + 36}" y="56">${escapeXml(shortened(printable(policy.file)))}</text>`,
    ];
  });
}

const shortened = (name: string): string => (name.length > 15 ? `…${name.slice(-14)}` : name);

function panelLines(
  panel: Panel,
  reports: readonly SimulationReport[],
  days: readonly SimulatedDay[],
): readonly string[] {
  const { top, title, ticks, value } = panel;
  const bottom = top + panel.height;
  const most = reports.reduce(
    (all, report) => panel.days(report).reduce((peak, day) => Math.max(peak, value(day)), all),
    1,
  );
  const marks = ticks(most);
  const scale = Math.max(most, marks.at(-1)?.value ?? 1);
  const y = (of: number): string => rounded(bottom - (of / scale) * panel.height);
  const x = (index: number): string => rounded(left + (index / days.length) * plotWidth);
  return [
    `<text class="name" x="${left}" y="${top - 14}">${escapeXml(title)}</text>`,
    ...marks.flatMap(({ value: of, label }) => [
      `<line class="grid" x1="${left}" y1="${y(of)}" x2="${left + plotWidth}" y2="${y(of)}"/>`,
      `<text x="${left - 10}" y="${Number(y(of)) + 4}" text-anchor="end">${escapeXml(label)}</text>`,
    ]),
    ...reports.flatMap((report, index) =>
      curve(panel.days(report), value, { index, bottom, x, y }),
    ),
    `<line class="axis" x1="${left}" y1="${bottom}" x2="${left + plotWidth}" y2="${bottom}"/>`,
    ...dateTicks(days).flatMap(({ index, label }) => [
      `<line class="axis" x1="${x(index)}" y1="${bottom}" x2="${x(index)}" y2="${bottom + 5}"/>`,
      `<text x="${x(index)}" y="${bottom + 20}" text-anchor="middle">${label}</text>`,
    ]),
  ];
}

/** A step for each day, for what is stored does not change between; several days a pixel keep their greatest. */
function curve(
  days: readonly SimulatedDay[],
  value: (day: SimulatedDay) => number,
  {
    index,
    bottom,
    x,
    y,
  }: {
    readonly index: number;
    readonly bottom: number;
    readonly x: (index: number) => string;
    readonly y: (value: number) => string;
  },
): readonly string[] {
  const each = Math.max(1, Math.ceil(days.length / plotWidth));
  const steps: string[] = [];
  for (let from = 0; from < days.length; from += each) {
    const some = days.slice(from, from + each).map(value);
    steps.push(`V${y(Math.max(...some))}H${x(Math.min(days.length, from + each))}`);
  }
  const path = `M${x(0)} ${y(days[0] === undefined ? 0 : value(days[0]))}${steps.join('')}`;
  const area = `M${x(0)} ${bottom}${steps.join('')}V${bottom}Z`;
  return [
    ...(index === 0 ? [`<path class="area0" d="${area}"/>`] : []),
    `<path class="line${index}" d="${path}"/>`,
  ];
}

const rounded = (value: number): string => String(Math.round(value * 10) / 10);
