import type { DoctorReport } from '../model/report.ts';
import { paint, type Style } from './color.ts';
import { displayWidth, padTo, wrapWords } from './display-width.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';

const severities = ['error', 'warning', 'ok'] as const;
const styles: Readonly<Record<(typeof severities)[number], Style>> = {
  error: 'red',
  warning: 'yellow',
  ok: 'green',
};

// A sentence in fewer columns than a third of a usual terminal's is hard to read.
const leastRoom = 26;
// Narrower than this no sentence is made.
const leastWidth = 20;

/** What is wrong with the host, the worst first, each with its remedy. Ends in a newline. */
export function renderDoctor(report: DoctorReport, options: RenderOptions): string {
  const { findings } = report;
  const subjectWidth = findings.reduce(
    (most, { subject }) => Math.max(most, displayWidth(printable(subject))),
    0,
  );
  const beside = 2 + 8 + subjectWidth + 2;
  // A long subject (the address of a point) leaves no room beside it.
  const isBelow = options.width !== null && options.width - beside < leastRoom;
  const indent = isBelow ? 4 : beside;
  const text = (line: string): readonly string[] =>
    options.width === null ? [line] : wrapWords(line, Math.max(leastWidth, options.width - indent));
  const lines = severities.flatMap((severity) =>
    findings
      .filter((finding) => finding.severity === severity)
      .flatMap(({ subject, message, remedy }) => {
        const told = text(printable(message));
        const [first = '', ...rest] = isBelow ? ['', ...told] : told;
        const label = paint(severity.padEnd(8), styles[severity], options.color);
        const remedyLines = remedy === null ? [] : text(`remedy: ${printable(remedy)}`);
        return [
          `  ${label}${padTo(printable(subject), subjectWidth)}  ${first}`.trimEnd(),
          ...[...rest, ...remedyLines].map((line) => ' '.repeat(indent) + line),
        ];
      }),
  );
  const count = (severity: (typeof severities)[number]): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const troubles = [
    ...(count('error') === 0 ? [] : [plural(count('error'), 'error')]),
    ...(count('warning') === 0 ? [] : [plural(count('warning'), 'warning')]),
  ];
  const all = plural(findings.length, 'thing');
  const verdict =
    troubles.length === 0
      ? `Looked at ${all}: nothing is wrong with ${printable(report.host)}.`
      : `Looked at ${all}: ${troubles.join(', ')}.`;
  return `${[...lines, ...(lines.length === 0 ? [] : ['']), verdict].join('\n')}\n`;
}
