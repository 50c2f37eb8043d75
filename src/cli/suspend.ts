import type { Command } from 'commander';
import {
  changeSuspensions,
  resumedBy,
  suspendedBy,
  type Suspensions,
} from '../agent/suspensions.ts';
import { addressOf, parseAddress } from '../model/address.ts';
import { addSeconds, instantOf, type Instant } from '../model/instant.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { printable } from '../reporter/printable.ts';
import { printJson, refuse, type Context, type Go, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { loadHost } from './host.ts';
import { usage } from './plan-options.ts';
import { readTime } from './time.ts';
import { userName } from './user-name.ts';

interface SuspendOptions {
  readonly all?: boolean;
  readonly reason: string;
  readonly until: string;
}

/** `holdfast suspend` */
export function defineSuspend(command: Command, go: Go): void {
  command
    .argument('[addr]', 'domain/NAME')
    .option('--all', 'everything on this host')
    .requiredOption('--reason <text>', 'why: status shows it')
    .requiredOption('--until <time>', 'its end: 2h, 3d, or a time like 2026-11-22 10:30')
    .addHelpText(
      'after',
      '\nThe agent leaves it alone until then; a frozen guest is thawed all the same. holdfast apply by hand is not bound by it.\n\nExamples:\n  holdfast suspend domain/db1 --reason "migration" --until 4h\n  holdfast suspend --all --reason "storage is moved" --until "2026-11-23 08:00"',
    )
    .action(async (address: string | undefined, options: SuspendOptions) =>
      go(async (context) => runSuspend(context, address ?? null, options)),
    );
}

/** `holdfast resume` */
export function defineResume(command: Command, go: Go): void {
  command
    .argument('[addr]', 'domain/NAME')
    .option('--all', 'every suspension on this host')
    .addHelpText(
      'after',
      '\nEnds suspensions, and lets the agent try again at once what it has put off because it failed (G404).\n\nExamples:\n  holdfast resume domain/db1\n  holdfast resume --all',
    )
    .action(async (address: string | undefined, options: Pick<SuspendOptions, 'all'>) =>
      go(async (context) => runResume(context, address ?? null, options.all === true)),
    );
}

async function runSuspend(
  context: Context,
  text: string | null,
  options: SuspendOptions,
): Promise<ExitCode> {
  const address = scopeOf(text, options.all === true);
  if (!address.ok) return refuse(context, address.error);
  const now = instantOf(context.clock.now());
  const until = endOf(options.until, now);
  if (!until.ok) return refuse(context, until.error);
  if (options.reason.trim() === '')
    return refuse(context, usage('no-reason', '--reason says why; it cannot be empty').error);
  const suspension = {
    address: address.value,
    reason: options.reason,
    who: userName(context.terminal.env),
    at: now,
    until: until.value,
  };
  return change(
    context,
    (before) => suspendedBy(before, suspension),
    `suspended ${address.value} until ${until.value}`,
  );
}

async function runResume(context: Context, text: string | null, all: boolean): Promise<ExitCode> {
  const address = scopeOf(text, all);
  if (!address.ok) return refuse(context, address.error);
  const now = instantOf(context.clock.now());
  const resumed = { address: address.value, at: now };
  return change(context, (before) => resumedBy(before, resumed, all), `resumed ${address.value}`);
}

async function change(
  context: Context,
  how: (before: Suspensions) => Suspensions,
  said: string,
): Promise<ExitCode> {
  const host = loadHost(context);
  if (!host.ok) return refuse(context, host.error);
  const changed = await changeSuspensions(host.value.stateDir, how);
  if (!changed.ok) return refuse(context, { exit: 1, ...changed.error });
  if (context.globals.json === true) printJson(context, 'suspensions', changed.value);
  else context.terminal.out(`${printable(said)}\n`);
  return 0;
}

/** What is meant: a domain, or the whole host. */
function scopeOf(text: string | null, all: boolean): Result<string, Refusal> {
  if (all === (text !== null))
    return usage('no-address', 'write a domain, as in domain/web01, or --all');
  if (text === null) return ok('host');
  const address = parseAddress(text);
  if (address === null || address.mirror !== null || address.chain !== null)
    return usage('bad-address', `${text}: write a domain, as in domain/web01`);
  return ok(addressOf(address.domain));
}

const unitSeconds: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `4h` from now, or a time by this host's own clock. */
function endOf(text: string, now: Instant): Result<Instant, Refusal> {
  const [, count = '', unit = ''] = /^([1-9]\d{0,4})([mhdw])$/.exec(text) ?? [];
  const seconds = unitSeconds[unit];
  if (seconds !== undefined) return ok(addSeconds(now, Number(count) * seconds));
  const time = readTime(text, Intl.DateTimeFormat().resolvedOptions().timeZone);
  if (!time.ok) return time;
  return time.value > now
    ? time
    : fail({ exit: 64, code: 'past', message: `--until ${text} is over already` });
}
