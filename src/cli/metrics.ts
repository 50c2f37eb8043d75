import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stateMetrics } from '../metrics/state-metrics.ts';
import { refuse, type Go } from './context.ts';
import { writeTrouble } from './file-trouble.ts';
import { replaceFile } from './replace-file.ts';
import { openSession } from './session.ts';
import { stateNow } from './state-now.ts';
import { statusExit } from './status-report.ts';

// Read by the collector, which is another user: it holds names and sizes, and no secret.
const readableByAll = 0o644;

/** `holdfast metrics` */
export function defineMetrics(command: Command, go: Go): void {
  command
    .option(
      '--out <file>',
      "replace a file, for the textfile collector of Prometheus' node exporter",
    )
    .addHelpText(
      'after',
      '\nExit status: as of status.\n\nExamples:\n  holdfast metrics\n  holdfast metrics --out /var/lib/prometheus/node-exporter/holdfast.prom',
    )
    .action(async ({ out }: { readonly out?: string }) =>
      go(async (context) => {
        const session = await openSession(context);
        if (!session.ok) return refuse(context, session.error);
        const { plan, status } = await stateNow(session.value);
        const text = await stateMetrics({ status, plan }).metrics();
        if (out === undefined) {
          context.terminal.out(text);
          return statusExit(status);
        }
        const path = resolve(context.terminal.cwd, out);
        try {
          replaceFile(path, text, readableByAll);
        } catch (error) {
          const message = `${out} was not written: ${writeTrouble(error, path)}`;
          return refuse(context, { exit: 1, code: 'not-saved', message });
        }
        return statusExit(status);
      }),
    );
}
