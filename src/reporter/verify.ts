import type { VerifiedPoint, VerifyReport } from '../model/report.ts';
import { depthWords } from './action-words.ts';
import { paint, type Style } from './color.ts';
import { displayWidth, fitLine, padTo } from './display-width.ts';
import { humanBytes } from './human-bytes.ts';
import { humanDuration } from './human-duration.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { zonedClock } from './zoned-clock.ts';

const styles: Readonly<Record<VerifiedPoint['result'], Style>> = {
  sound: 'green',
  faulty: 'red',
  unseen: 'yellow',
};

/** What a check found: a line a point, the failures below, and one closing sentence. Ends in a newline. */
export function renderVerify(report: VerifyReport, options: RenderOptions): string {
  if (report.points.length === 0) return 'No restore points to check.\n';
  const clock = zonedClock(report.timezone);
  const width = report.points.reduce(
    (most, { address }) => Math.max(most, displayWidth(printable(address))),
    0,
  );
  const fit = (line: string): readonly string[] => fitLine(line, options.width, 10);
  const lines = report.points.flatMap(({ result, address, frozenAt, bytes, failures }) => [
    ...fit(
      `  ${paint(result.padEnd(6), styles[result], options.color)}  ${padTo(printable(address), width)}  ${clock.minute(frozenAt)}  ${humanBytes(bytes)}`,
    ),
    ...failures.flatMap(({ code, message }) =>
      fit(`          ${printable(code)}: ${printable(message)}`),
    ),
  ]);
  return `${[...lines, '', ...fitLine(closing(report), options.width, 0)].join('\n')}\n`;
}

function closing({ points, depth, seconds }: VerifyReport): string {
  const count = (result: VerifiedPoint['result']): number =>
    points.filter((point) => point.result === result).length;
  const bytes = points.reduce((sum, point) => sum + point.bytes, 0);
  const how = depthWords(depth);
  const took = `${plural(points.length, 'point')}, ${humanBytes(bytes)}, ${how}, in ${humanDuration(seconds)}`;
  const bad = [
    ...(count('faulty') === 0 ? [] : [`${count('faulty')} faulty`]),
    ...(count('unseen') === 0 ? [] : [`${count('unseen')} not seen`]),
  ];
  return bad.length === 0 ? `All sound: ${took}.` : `${bad.join(', ')} of ${took}.`;
}
