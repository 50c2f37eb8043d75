import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { refuse, say, type Go } from './context.ts';
import { writeTrouble } from './file-trouble.ts';
import { openSession } from './session.ts';

/** `holdfast observe` */
export function defineObserve(command: Command, go: Go): void {
  command
    .option('--out <file>', 'write it to a file, for `plan --observed`')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast observe | jq .hypervisor\n  holdfast observe --out observed.json',
    )
    .action(async ({ out }: { readonly out?: string }) =>
      go(async (context) => {
        const session = await openSession(context);
        if (!session.ok) return refuse(context, session.error);
        const observed = await session.value.look();
        const text = `${JSON.stringify(observed, null, 2)}\n`;
        if (out === undefined) context.terminal.out(text);
        else {
          try {
            writeFileSync(resolve(context.terminal.cwd, out), text, { mode: 0o600 });
          } catch (error) {
            const message = `${out} was not written: ${writeTrouble(error, resolve(context.terminal.cwd, out))}`;
            return refuse(context, { exit: 1, code: 'not-saved', message });
          }
        }
        const failures = [observed.hypervisor, observed.scratch, observed.runs]
          .flatMap((part) => (part.seen ? [] : [part.failure]))
          .concat(
            observed.stores.flatMap(({ state }) =>
              state.kind === 'unseen' ? [state.failure] : [],
            ),
          );
        for (const { message } of failures) say(context, `not seen: ${message}`);
        return failures.length > 0 ? 9 : 0;
      }),
    );
}
