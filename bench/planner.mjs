// The planner alone: 10,000 domains with 1,000,000 points, in a process of its own, so that the
// peak of memory is that of state and plan together.
import { join } from 'node:path';
import { measure } from './measure.mjs';

export const title = 'Planner: 10,000 domains, 1,000,000 points';

/** Seconds that a plan may take, and MiB that the process may have, state included. */
const limits = { seconds: 3, peakMiB: 1024 };

export async function run(dist = join(import.meta.dirname, '..', 'dist')) {
  const { output, peakMiB } = await measure(process.execPath, [
    join(import.meta.dirname, 'planner-state.mjs'),
    dist,
  ]);
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const slowest = Math.max(...lines.map(({ seconds }) => seconds));
  const verdict =
    slowest <= limits.seconds && peakMiB <= limits.peakMiB
      ? 'within the limits'
      : `over the limits of ${limits.seconds} s and ${limits.peakMiB} MiB`;
  return [
    '| retention | seconds of processor | actions | points |',
    '|---|---|---|---|',
    ...lines.map(
      ({ name, seconds, actions, points }) =>
        `| ${name} | ${seconds.toFixed(2)} | ${actions} | ${points} |`,
    ),
    '',
    `Peak of memory, state included: ${Math.round(peakMiB)} MiB; ${verdict}.`,
  ].join('\n');
}
