import { secondsBetween } from '../model/instant.ts';
import type { HistoryReport, HistoryRun } from '../model/report.ts';
import { paint } from './color.ts';
import { humanDuration } from './human-duration.ts';
import { outcomeWords } from './outcomes.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import type { RenderOptions } from './row.ts';
import { renderTable, type TableLine } from './table.ts';
import { zonedClock, type ZonedClock } from './zoned-clock.ts';

/** Runs, newest first, a line each; with all details, or where something went wrong, their actions below. */
export function renderHistory(report: HistoryReport, options: RenderOptions): string {
  const clock = zonedClock(report.timezone);
  const resets = resetLines(report, clock);
  if (report.runs.length === 0) return `No runs yet.\n${resets}`;
  const lines = report.runs.flatMap((run): readonly TableLine[] => {
    const bad = run.failed > 0 || run.interrupted || (run.finishedAt === null && !run.running);
    return [
      {
        cells: [
          clock.minute(run.startedAt),
          run.finishedAt === null
            ? ''
            : humanDuration(secondsBetween(run.startedAt, run.finishedAt)),
          printable(run.purpose),
          resultWords(run),
          run.run,
        ],
        ...(bad ? { style: 'red' as const } : {}),
      },
      ...actionLines(run, options),
    ];
  });
  return `${renderTable(
    [
      { title: 'STARTED' },
      { title: 'TOOK', align: 'right' },
      { title: 'PURPOSE' },
      { title: 'RESULT' },
      { title: 'RUN' },
    ],
    lines,
    { color: options.color, width: options.width, indent: 0 },
  ).join('\n')}\n${resets}`;
}

/** Who said from which commit on the policy's branch is followed. */
function resetLines(report: HistoryReport, clock: ZonedClock): string {
  const resets = report.sourceResets ?? [];
  const lines = resets.map(
    ({ at, by, from, to, reason }) =>
      `  ${clock.minute(at)}  ${from === null ? '' : `from ${from.slice(0, 7)} `}to ${to.slice(0, 7)} by ${printable(by)}: ${printable(reason)}\n`,
  );
  return lines.length === 0 ? '' : `\nThe policy's source was reset\n${lines.join('')}`;
}

function resultWords(run: HistoryRun): string {
  if (run.finishedAt === null) return run.running ? 'at work' : 'never ended';
  const counts = [
    ...(run.done > 0 ? [`${run.done} done`] : []),
    ...(run.failed > 0 ? [`${run.failed} failed`] : []),
    ...(run.skipped > 0 ? [`${run.skipped} skipped`] : []),
    ...(run.interrupted ? ['interrupted'] : []),
    ...(run.converged === false ? ['more to do'] : []),
  ];
  return counts.length === 0 ? plural(0, 'action') : counts.join(', ');
}

function actionLines(run: HistoryRun, options: RenderOptions): readonly TableLine[] {
  return run.actions
    .filter(
      ({ outcome }) =>
        options.verbose ||
        (outcome === null ? !run.running : outcome.code !== 'done' && outcome.code !== 'already'),
    )
    .map(({ what, address, outcome }) => {
      const code = outcome === null ? 'open' : outcome.code;
      const words = outcome === null ? '' : `  ${outcomeWords(outcome)}`;
      const label = paint(
        code.padEnd(11),
        outcome?.code === 'done' ? null : 'yellow',
        options.color,
      );
      return { heading: `    ${label} ${printable(address)}  ${what}${words}` };
    });
}
