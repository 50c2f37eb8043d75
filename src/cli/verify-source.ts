import { hostname } from 'node:os';
import type { Command } from 'commander';
import { instantOf } from '../model/instant.ts';
import type { SourceReport } from '../model/report.ts';
import { ok, type Result } from '../model/result.ts';
import type { HostFile, HostSource } from '../policy/host-file.ts';
import { renderSource } from '../reporter/source.ts';
import type { SourceLook } from '../source/look-at-source.ts';
import { complain, refuse, say, type Context, type Go, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { loadHost } from './host.ts';
import { usage } from './plan-options.ts';
import { printReport } from './print-report.ts';
import { sourceSetting } from './source-policy.ts';
import { userName } from './user-name.ts';

/** `holdfast verify-source` */
export function defineVerifySource(command: Command, go: Go): void {
  command
    .addHelpText(
      'after',
      '\nFetches the branch, follows it as far as it may be followed, and says of each new commit why it\ncounts or does not. Exit status: 0 followed, 3 the newest policy is not valid, 8 refused or not reached.\n\nExamples:\n  holdfast verify-source\n  holdfast verify-source --json | jq .commits',
    )
    .action(async () => go(runVerifySource));
}

async function runVerifySource(context: Context): Promise<ExitCode> {
  const known = sourceOf(context);
  if (!known.ok) return refuse(context, known.error);
  const { host, source } = known.value;
  // Loaded here: git is needed by no help.
  const { lookAtSource } = await import('../source/look-at-source.ts');
  const look = await lookAtSource(sourceSetting(context, host, source));
  if (!look.ok) return refuse(context, { exit: 8, ...look.error });
  return show(context, source, look.value);
}

/** `holdfast source reset` */
export function defineSource(command: Command, go: Go): void {
  command
    .command('reset')
    .description('Follow the branch from a commit on, after it was rewritten on purpose.')
    .option('--to <commit>', 'a signed commit of the branch (default: its newest)')
    .requiredOption('--reason <text>', 'why; history keeps it')
    .addHelpText(
      'after',
      '\nThe commit must be signed by an allowed signer, and its policy valid. What is below it is not\nlooked at; what comes after it is verified as always.\n\nExample:\n  holdfast source reset --reason "main was rebased, see ticket 4711"',
    )
    .action(async (options: { readonly to?: string; readonly reason: string }) =>
      go(async (context) => runReset(context, options)),
    );
}

async function runReset(
  context: Context,
  { to, reason }: { readonly to?: string; readonly reason: string },
): Promise<ExitCode> {
  if (reason.trim() === '') return refuse(context, noReason);
  if (to !== undefined && !/^[0-9a-f]{7,40}$/.test(to))
    return refuse(context, {
      exit: 64,
      code: 'bad-commit',
      message: `--to ${to}: write a commit, 7 to 40 hex digits`,
    });
  const known = sourceOf(context);
  if (!known.ok) return refuse(context, known.error);
  const { host, source } = known.value;
  const { resetSource } = await import('../source/reset-source.ts');
  const look = await resetSource(sourceSetting(context, host, source), {
    to: to ?? null,
    by: userName(context.terminal.env),
    reason: reason.trim(),
  });
  if (!look.ok) return refuse(context, { exit: 8, ...look.error });
  const exit = show(context, source, look.value);
  if (exit === 0) say(context, 'From this commit on the branch is followed; history says so.');
  else complain(context, 'nothing was changed');
  return exit;
}

const noReason: Refusal = { exit: 64, code: 'no-reason', message: '--reason: say why' };

function sourceOf(
  context: Context,
): Result<{ readonly host: HostFile; readonly source: HostSource }, Refusal> {
  const host = loadHost(context);
  if (!host.ok) return host;
  const { source } = host.value;
  if (source !== null) return ok({ host: host.value, source });
  return usage(
    'no-source',
    'the host file names no git repository: write source: { url: …, verify: { signers: … } } into it',
  );
}

function show(context: Context, source: HostSource, look: SourceLook): ExitCode {
  const { state, commits, changed } = look;
  const { url, branch, path } = source;
  const report: SourceReport = {
    formatVersion: 1,
    host: hostname(),
    at: instantOf(context.clock.now()),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    url,
    branch,
    path,
    inForce: state.inForce === null ? null : withoutFiles(state.inForce),
    changed,
    commits,
    refused: state.refused,
    failure: state.failed?.failure ?? null,
    fetchedAt: state.fetchedAt,
  };
  printReport(context, 'source', report, renderSource);
  if (report.failure !== null) return 8;
  if (report.refused === null) return 0;
  return report.refused.refusal.code === 'G106' ? 3 : 8;
}

function withoutFiles({
  files: _files,
  ...rest
}: NonNullable<SourceLook['state']['inForce']>): SourceReport['inForce'] {
  return rest;
}
