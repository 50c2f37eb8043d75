import type { Command } from 'commander';
import { complain, printJson, refuse, type Context, type Go } from './context.ts';
import type { ExitCode } from './exit.ts';
import { usage } from './plan-options.ts';
import { openSession } from './session.ts';
import { stateNow } from './state-now.ts';
import { leftOutWords, publishPlace, stateDigest, toldFiles } from './told-state.ts';

/** `holdfast publish` */
export function definePublish(command: Command, go: Go): void {
  command
    .addHelpText(
      'after',
      '\nPuts one more commit on the branch of `publish:` in the host file: observed.json, plan.json, plan.md\nand status.json. CI plans from it. The agent does so by itself. Exit status: 0 told, 1 not.\n\nExamples:\n  holdfast publish\n  git fetch origin holdfast/state/kvm01 && git show FETCH_HEAD:plan.md',
    )
    .action(async () => go(runPublish));
}

async function runPublish(context: Context): Promise<ExitCode> {
  const session = await openSession(context);
  if (!session.ok) return refuse(context, session.error);
  const { host } = session.value;
  if (host.publish === null) {
    const known = usage(
      'no-branch',
      'the host file names no branch: write publish: { url: … } into it',
    );
    return refuse(context, known.error);
  }
  const state = await stateNow(session.value);
  const place = publishPlace(host.publish, state.plan.host);
  const { told, leftOut } = toldFiles(state, stateDigest(state));
  if (leftOut.length > 0) complain(context, leftOutWords(leftOut));
  // Loaded here: git is needed by no help.
  const { publish } = await import('../source/publish.ts');
  const publisher = { stateDir: host.stateDir, now: context.clock.now };
  const published = await publish(publisher, place, told);
  if (!published.ok) return refuse(context, { exit: 1, ...published.error });
  const { url, branch } = place;
  const commit = published.value;
  if (context.globals.json === true) printJson(context, 'published', { url, branch, commit });
  else context.terminal.out(`${branch} of ${url} is ${commit.slice(0, 7)} now.\n`);
  return 0;
}
