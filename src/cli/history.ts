import { hostname } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';
import { instantOf } from '../model/instant.ts';
import { renderHistory } from '../reporter/history.ts';
import { readSourceState } from '../source/state.ts';
import { readHistory } from '../store/runs.ts';
import { refuse, type Go } from './context.ts';
import { loadHost } from './host.ts';
import { printReport } from './print-report.ts';

/** `holdfast history` */
export function defineHistory(command: Command, go: Go): void {
  command
    .option('--limit <number>', 'so many runs, newest first', wholeNumber, 20)
    .addHelpText('after', '\nExamples:\n  holdfast history\n  holdfast history --limit 100 --json')
    .action(async (options: { readonly limit: number }) =>
      go(async (context) => {
        const host = loadHost(context);
        if (!host.ok) return refuse(context, host.error);
        const runs = await readHistory(host.value.stateDir, options.limit);
        if (!runs.seen) return refuse(context, { exit: 9, ...runs.failure });
        const source = readSourceState(host.value.stateDir);
        const sourceResets = source.ok ? source.value.resets : [];
        const report = {
          formatVersion: 1,
          host: hostname(),
          at: instantOf(context.clock.now()),
          timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
          runs: runs.value,
          ...(sourceResets.length === 0 ? {} : { sourceResets }),
        } as const;
        printReport(context, 'history', report, renderHistory);
        return 0;
      }),
    );
}

/** Reads a whole number of the command line, 1 or more. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError('Write a whole number, 1 or more.');
  return Number(text);
}
