import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { renderStatus } from '../reporter/status.ts';
import { agentStatus } from './agent-status.ts';
import { refuse, type Context, type Go } from './context.ts';
import type { ExitCode } from './exit.ts';
import { wholeNumber } from './history.ts';
import { Interrupt } from './interrupt.ts';
import { printReport } from './print-report.ts';
import { openSession, type Session } from './session.ts';
import { stateNow } from './state-now.ts';
import { statusExit } from './status-report.ts';

interface StatusOptions {
  readonly watch?: boolean;
  readonly interval: number;
}

/** `holdfast status` */
export function defineStatus(command: Command, go: Go): void {
  command
    .option('--watch', 'again and again, until it is interrupted')
    .option('--interval <seconds>', 'with --watch: how often', wholeNumber, 10)
    .addHelpText(
      'after',
      '\nExit status: 0 all met, 1 an RPO is missed or a point is damaged, 9 something was not seen.\n\nExamples:\n  holdfast status\n  holdfast status --json | jq ".domains[] | select(.rpo == \\"missed\\")"',
    )
    .action(async (options: StatusOptions) =>
      go(async (context) => {
        const session = await openSession(context);
        if (!session.ok) return refuse(context, session.error);
        if (options.watch !== true) return show(context, session.value, '');
        using interrupt = new Interrupt(context);
        // Clear the screen, cursor home (ECMA-48 ED, CUP); a pipe gets the reports one after the other.
        const clear = context.terminal.outIsTty ? '\u001B[2J\u001B[H' : '';
        let exit: ExitCode = 0;
        while (!interrupt.signal.aborted) {
          exit = await show(context, session.value, clear);
          await wait(options.interval * 1000, null, { signal: interrupt.signal }).catch(() => null);
        }
        return interrupt.by === 'SIGTERM' ? 143 : interrupt.by === 'SIGINT' ? 130 : exit;
      }),
    );
}

async function show(context: Context, session: Session, clear: string): Promise<ExitCode> {
  const { status } = await stateNow(session);
  const report = { ...status, ...(await agentStatus(context, session.host.stateDir)) };
  context.terminal.out(clear);
  printReport(context, 'status', report, renderStatus);
  return statusExit(report);
}
