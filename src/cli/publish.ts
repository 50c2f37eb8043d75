import type { Command } from 'commander';
import { renderPlanMarkdown } from '../reporter/plan-markdown.ts';
import { printJson, refuse, type Context, type Go } from './context.ts';
import type { ExitCode } from './exit.ts';
import { jsonText } from './json-pieces.ts';
import { usage } from './plan-options.ts';
import { markdownLimit } from './print-plan.ts';
import { openSession } from './session.ts';
import { stateNow } from './state-now.ts';

/** `holdfast publish` */
export function definePublish(command: Command, go: Go): void {
  command
    .addHelpText(
      'after',
      '\nReplaces the branch of `publish:` in the host file by one commit: observed.json, plan.json, plan.md\nand status.json. CI plans from it. Exit status: 0 told, 1 not.\n\nExamples:\n  holdfast publish\n  git fetch origin holdfast/state/kvm01 && git show FETCH_HEAD:plan.md',
    )
    .action(async () => go(runPublish));
}

async function runPublish(context: Context): Promise<ExitCode> {
  const session = await openSession(context);
  if (!session.ok) return refuse(context, session.error);
  const { host } = session.value;
  const place = host.publish;
  if (place === null) {
    const known = usage(
      'no-branch',
      'the host file names no branch: write publish: { url: … } into it',
    );
    return refuse(context, known.error);
  }
  const { observed, plan, status } = await stateNow(session.value);
  const branch = place.branch ?? `holdfast/state/${branchWord(plan.host)}`;
  // Loaded here: git is needed by no help.
  const { publish } = await import('../source/publish.ts');
  const published = await publish(
    host.stateDir,
    { ...place, branch },
    {
      files: {
        'observed.json': [...jsonText(observed)].join(''),
        'plan.json': `${JSON.stringify(plan, null, 2)}\n`,
        'plan.md': renderPlanMarkdown(plan, { limit: markdownLimit }),
        'status.json': `${JSON.stringify(status, null, 2)}\n`,
      },
      subject: `State of ${plan.host} at ${observed.observedAt}`,
      author: `holdfast on ${plan.host}`,
    },
  );
  if (!published.ok) return refuse(context, { exit: 1, ...published.error });
  const told = { url: place.url, branch, commit: published.value };
  if (context.globals.json === true) printJson(context, 'published', told);
  else context.terminal.out(`${branch} of ${place.url} is ${told.commit.slice(0, 7)} now.\n`);
  return 0;
}

/** A host's name as a part of a branch's name, as git-check-ref-format(1) allows. */
function branchWord(host: string): string {
  return host.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+/, '') || 'host';
}
