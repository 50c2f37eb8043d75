import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { fail, ok, type Result } from '../model/result.ts';
import { formatPolicy } from '../policy/format-policy.ts';
import { renderDiagnostics } from '../policy/render-diagnostics.ts';
import { renderPolicyDiff } from '../reporter/text-diff.ts';
import { printJson, refuse, type Context, type Go, type Refusal } from './context.ts';
import type { ExitCode } from './exit.ts';
import { writeTrouble } from './file-trouble.ts';
import { loadHost } from './host.ts';
import { policyFile } from './load-policy.ts';
import { directoryReader, inputName } from './policy-reader.ts';
import { renderOptions } from './print-report.ts';
import { replaceFile } from './replace-file.ts';

interface FmtOptions {
  readonly check?: boolean;
  readonly diff?: boolean;
}

/** `holdfast fmt [FILE…]` */
export function defineFmt(command: Command, go: Go): void {
  command
    .argument('[files...]', 'policies; - reads standard input and writes standard output')
    .option('--check', 'write nothing; exit 3 when a file is not in its usual form')
    .option('--diff', 'write nothing; print what would change')
    .addHelpText(
      'after',
      '\nNeeds no host.\n\nExamples:\n  holdfast fmt\n  holdfast fmt --check --diff policy.yaml teams/*.yaml\n  holdfast fmt - < policy.yaml',
    )
    .action(async (files: readonly string[], options: FmtOptions) =>
      go(async (context) => runFmt(context, files, options)),
    );
}

/** A file in its usual form. */
interface Formatted {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

async function runFmt(
  context: Context,
  named: readonly string[],
  { check, diff }: FmtOptions,
): Promise<ExitCode> {
  const { terminal, globals } = context;
  const host = named.length === 0 ? loadHost(context) : null;
  if (host?.ok === false) return refuse(context, host.error);
  const files = host === null ? named : [policyFile(context, host.value)];
  const input = files.includes('-') ? await terminal.readInput() : null;
  const all: Formatted[] = [];
  for (const file of files) {
    const formatted = formatFile(context, file === '-' ? inputName : file, input);
    if (!formatted.ok) return refuse(context, formatted.error);
    all.push(formatted.value);
  }
  const changed = all.filter(({ before, after }) => before !== after);
  const writes = check !== true && diff !== true;
  for (const one of all) {
    const written = writes ? writeFormatted(context, one) : ok(undefined);
    if (!written.ok) return refuse(context, written.error);
  }
  if (globals.json === true)
    printJson(context, 'fmt', { changed: changed.map(({ file }) => file) });
  for (const { file, before, after } of globals.json === true ? [] : changed) {
    const names = { old: file, new: `${file} formatted` };
    if (diff === true) terminal.out(renderPolicyDiff(before, after, names, renderOptions(context)));
    else if (file !== inputName) terminal.out(`${file}\n`);
  }
  return check === true && changed.length > 0 ? 3 : 0;
}

function formatFile(
  { terminal }: Context,
  file: string,
  input: string | null,
): Result<Formatted, Refusal> {
  const before = directoryReader(terminal.cwd, file, input).read(file);
  if (!before.ok)
    return fail({ exit: 3, code: before.error.code, message: `${file}: ${before.error.message}` });
  const after = formatPolicy(before.value, file);
  if (after.ok) return ok({ file, before: before.value, after: after.value });
  const below = renderDiagnostics(after.error, { color: false }).trimEnd();
  return fail({
    exit: 3,
    code: 'policy-invalid',
    message: `${file} cannot be formatted:`,
    below,
  });
}

/** Writes the usual form over the file. */
function writeFormatted(
  { terminal }: Context,
  { file, before, after }: Formatted,
): Result<void, Refusal> {
  if (file === inputName) {
    terminal.out(after);
    return ok(undefined);
  }
  if (before === after) return ok(undefined);
  try {
    const path = realpathSync(resolve(terminal.cwd, file));
    replaceFile(path, after, statSync(path).mode);
    return ok(undefined);
  } catch (error) {
    return fail({
      exit: 1,
      code: 'not-saved',
      message: `${file} was not written: ${writeTrouble(error, resolve(terminal.cwd, file))}`,
    });
  }
}
