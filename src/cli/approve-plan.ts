import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { keepApproval, signApproval, type SignedApproval } from '../approval/kept.ts';
import { longestDays, statementText, type Statement } from '../approval/statement.ts';
import { trailerLine } from '../approval/trailers.ts';
import { guardDigest, subjectsOf } from '../model/approved-subjects.ts';
import { addSeconds, instantOf } from '../model/instant.ts';
import { noRequest, type Guard, type Plan } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { planPolicy } from '../planner/plan-policy.ts';
import { plural } from '../reporter/plural.ts';
import { printJson, refuse, say, type Context, type Go, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { readTrouble, writeTrouble } from './file-trouble.ts';
import { loadHost } from './host.ts';
import { desiredOf } from './load-policy.ts';
import { collect, usage } from './plan-options.ts';
import { openSession } from './session.ts';

interface ApproveOptions {
  readonly guard?: readonly string[];
  readonly key?: string;
  readonly for: number;
  readonly reason?: string;
  readonly out?: string;
  readonly trailer?: boolean;
}

const examples = `
PLAN is a saved plan, or the digest that plan --verbose shows beside a guard, or a signed approval
that --out wrote elsewhere. What is approved is what the guard blocks in that plan, and nothing else.

Examples:
  holdfast approve plan.json --guard G210=domain/web01 --key ~/.ssh/id_ed25519
  holdfast approve 3f9a1c2e00112233 --key ~/.ssh/id_ed25519 --reason "ticket 4711"
  holdfast approve plan.json --guard G201=domain/web01 --key me.key --out web01.approval
  holdfast approve web01.approval
  holdfast approve plan.json --guard G210=domain/web01 --trailer`;

/** `holdfast approve PLAN` */
export function defineApprove(command: Command, go: Go): void {
  command
    .argument('<plan>', 'a saved plan, a digest, or a signed approval')
    .option('--guard <code=scope>', 'what of a saved plan is approved (repeatable)', collect)
    .option('--key <file>', 'the ssh key of an approver')
    .option('--for <hours>', 'how long it counts', hours, 24)
    .option('--reason <text>', 'why; it is kept with the approval')
    .option('--out <file>', 'write it and its signature, for the host, instead of keeping it here')
    .option('--trailer', 'print the line for the message of a signed commit instead')
    .addHelpText('after', examples)
    .action(async (plan: string, options: ApproveOptions) =>
      go(async (context) => runApprove(context, plan, options)),
    );
}

function hours(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text) || Number(text) > longestDays * 24)
    throw new InvalidArgumentError(`Write a whole number of hours, 1 to ${longestDays * 24}.`);
  return Number(text);
}

async function runApprove(
  context: Context,
  named: string,
  options: ApproveOptions,
): Promise<ExitCode> {
  const path = resolve(context.terminal.cwd, named);
  if (existsSync(`${path}.sig`)) return addSigned(context, path, named);
  const chosen = await chosenGuards(context, named, options);
  if (!chosen.ok) return refuse(context, chosen.error);
  const { plan, guards } = chosen.value;
  const madeAt = instantOf(context.clock.now());
  const statements = guards.map((guard): Statement => ({
    host: plan.host,
    code: guard.code,
    scope: guard.scope,
    subjects: subjectsOf(plan, guard),
    madeAt,
    until: addSeconds(madeAt, options.for * 3600),
    plan: plan.id,
    reason: options.reason ?? '',
  }));
  if (options.trailer === true) {
    for (const statement of statements) context.terminal.out(`${trailerLine(statement)}\n`);
    return 0;
  }
  const { key } = options;
  if (key === undefined)
    return refuse(context, {
      exit: 64,
      code: 'no-key',
      message: 'give --key FILE, the ssh key of an approver, or --trailer for a signed commit',
    });
  const [only, ...more] = statements;
  if (options.out !== undefined && more.length > 0)
    return refuse(context, {
      exit: 64,
      code: 'one-at-a-time',
      message: '--out writes one approval: give one --guard',
    });
  for (const statement of only === undefined ? [] : [only, ...more]) {
    const done = await signAndKeep(context, statement, resolve(context.terminal.cwd, key), options);
    if (!done.ok) return refuse(context, done.error);
  }
  return 0;
}

/** The plan, and the guards of it that are to be approved. */
async function chosenGuards(
  context: Context,
  named: string,
  { guard: wanted = [] }: ApproveOptions,
): Promise<Result<{ readonly plan: Plan; readonly guards: readonly Guard[] }, Refusal>> {
  const isDigest =
    /^[0-9a-f]{16}$/.test(named) && !existsSync(resolve(context.terminal.cwd, named));
  const plan = isDigest ? await planNow(context) : await savedPlan(context, named);
  if (!plan.ok) return plan;
  const open = plan.value.guards.filter(
    ({ effect, overridable, actions }) => effect !== 'allowed' && overridable && actions.length > 0,
  );
  if (isDigest) {
    const guards = open.filter((guard) => guardDigest(plan.value, guard) === named);
    return guards.length > 0
      ? ok({ plan: plan.value, guards })
      : fail({
          exit: 5,
          code: 'no-such-digest',
          message: `nothing that is blocked now has the digest ${named}: what would be done has changed; look at holdfast plan --verbose`,
        });
  }
  if (wanted.length === 0)
    return usage('no-guard', 'give --guard CODE=SCOPE for each guard that is to be approved');
  const guards: Guard[] = [];
  for (const text of wanted) {
    const found = open.find(({ code, scope }) => `${code}=${scope}` === text);
    if (found === undefined)
      return usage(
        'no-such-guard',
        `--guard ${text}: no guard of the plan that can be approved says that; there is ${
          open.map(({ code, scope }) => `${code}=${scope}`).join(', ') || 'none'
        }`,
      );
    guards.push(found);
  }
  return ok({ plan: plan.value, guards });
}

async function savedPlan(context: Context, file: string): Promise<Result<Plan, Refusal>> {
  // Loaded here: its checker is large.
  const { readPlan, refusalOf } = await import('./saved-plan.ts');
  const plan = await readPlan(context, file);
  if (!plan.ok) return plan;
  // It is approved for the host that it was made on, wherever that is done.
  const here = { host: plan.value.host, now: instantOf(context.clock.now()) };
  const refusal = refusalOf(plan.value, file, here);
  return refusal === null ? plan : fail(refusal);
}

async function planNow(context: Context): Promise<Result<Plan, Refusal>> {
  const session = await openSession(context, undefined, { fetch: true });
  if (!session.ok) return session;
  const observed = await session.value.look();
  return ok(planPolicy(desiredOf(session.value.policy, observed), observed, noRequest));
}

async function signAndKeep(
  context: Context,
  statement: Statement,
  key: string,
  { out }: ApproveOptions,
): Promise<Result<void, Refusal>> {
  const content = statementText(statement);
  const work = mkdtempSync(join(tmpdir(), 'holdfast-approve-'));
  try {
    const file = join(work, 'approval');
    writeFileSync(file, content, { mode: 0o600 });
    const signed = await signApproval(file, key, context.terminal.env['SSH_AUTH_SOCK']);
    if (!signed.ok) return fail({ exit: 1, ...signed.error });
    const signature = readFileSync(`${file}.sig`, 'utf8');
    return out === undefined
      ? await keep(context, { statement: content, signature })
      : writeOut(context, out, { statement: content, signature });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function writeOut(
  context: Context,
  out: string,
  { statement, signature }: SignedApproval,
): Result<void, Refusal> {
  const path = resolve(context.terminal.cwd, out);
  try {
    writeFileSync(path, statement);
    writeFileSync(`${path}.sig`, signature);
  } catch (error) {
    const message = `${out} was not written: ${writeTrouble(error, path)}`;
    return fail({ exit: 1, code: 'not-saved', message });
  }
  say(context, `Written: ${out} and ${out}.sig. On the host: holdfast approve ${out}`);
  return ok(undefined);
}

async function addSigned(context: Context, path: string, named: string): Promise<ExitCode> {
  try {
    const signed = {
      statement: readFileSync(path, 'utf8'),
      signature: readFileSync(`${path}.sig`, 'utf8'),
    };
    const kept = await keep(context, signed);
    return kept.ok ? 0 : refuse(context, kept.error);
  } catch (error) {
    const message = `${named} cannot be read: ${readTrouble(error, path)}`;
    return refuse(context, { exit: 64, code: 'unreadable', message });
  }
}

async function keep(context: Context, signed: SignedApproval): Promise<Result<void, Refusal>> {
  const host = loadHost(context);
  if (!host.ok) return host;
  const { approvals, stateDir } = host.value;
  if (approvals === null)
    return usage(
      'no-approvers',
      'the host file names nobody who may approve: write approvals: { signers: FILE } into it, or give --out FILE',
    );
  const here = { host: hostname(), nowMs: context.clock.now() };
  const kept = await keepApproval(stateDir, approvals, signed, here);
  if (!kept.ok)
    return fail({
      exit: 4,
      code: kept.error.code,
      message: `the approval does not count: ${kept.error.message}`,
    });
  const { id, code, scope, subjects, until, by } = kept.value;
  if (context.globals.json === true) printJson(context, 'approval', kept.value);
  else
    context.terminal.out(
      `Approved ${id}: ${code}=${scope}, ${plural(subjects.length, 'action')}, by ${by} until ${until}. The next apply does it.\n`,
    );
  return ok(undefined);
}
