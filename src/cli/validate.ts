import { Option, type Command } from 'commander';
import { ok } from '../model/result.ts';
import type { Diagnostics } from '../policy/diagnostic.ts';
import { policyFindings } from '../policy/findings.ts';
import { readPolicy } from '../policy/read-policy.ts';
import {
  countDiagnostics,
  diagnosticsReport,
  renderDiagnostics,
} from '../policy/render-diagnostics.ts';
import {
  findingForms,
  isFindingForm,
  renderFindings,
  type FindingForm,
} from '../reporter/findings/render.ts';
import { printable } from '../reporter/printable.ts';
import { printJson, refuse, type Context, type Go } from './context.ts';
import type { ExitCode } from './exit.ts';
import { loadHost } from './host.ts';
import { policyFile } from './load-policy.ts';
import { directoryReader, inputName } from './policy-reader.ts';
import { renderOptions } from './print-report.ts';

type Format = 'human' | 'json' | FindingForm;

interface ValidateOptions {
  readonly format?: Format;
  readonly strict?: boolean;
}

/** `holdfast validate [FILE]` */
export function defineValidate(command: Command, go: Go): void {
  command
    .argument('[file]', 'the policy; - is standard input')
    .addOption(
      new Option('--format <form>', 'how it is printed').choices([
        'human',
        'json',
        ...findingForms,
      ]),
    )
    .option('--strict', 'a warning is an error')
    .addHelpText(
      'after',
      '\nNeeds no host.\n\nExamples:\n  holdfast validate\n  holdfast validate --strict --format github policy.yaml\n  holdfast validate --format junit policy.yaml > junit.xml\n  git show HEAD:policy.yaml | holdfast validate -',
    )
    .action(async (file: string | undefined, options: ValidateOptions) =>
      go(async (context) => runValidate(context, file ?? null, options)),
    );
}

async function runValidate(
  context: Context,
  named: string | null,
  { format, strict }: ValidateOptions,
): Promise<ExitCode> {
  const { terminal, globals } = context;
  const host = named === null && globals.policy === undefined ? loadHost(context) : ok(null);
  if (!host.ok) return refuse(context, host.error);
  const file = named ?? (host.value === null ? globals.policy : policyFile(context, host.value));
  const isInput = file === '-';
  const main = isInput || file === undefined ? inputName : file;
  const input = isInput ? await terminal.readInput() : null;
  const read = readPolicy(main, directoryReader(terminal.cwd, main, input));
  const diagnostics = read.ok ? read.value.warnings : read.error;
  print(context, format ?? (globals.json === true ? 'json' : 'human'), main, diagnostics);
  return !read.ok || (strict === true && diagnostics.length > 0) ? 3 : 0;
}

function print(context: Context, format: Format, file: string, diagnostics: Diagnostics): void {
  const { terminal } = context;
  if (format === 'json') printJson(context, 'diagnostics', diagnosticsReport(diagnostics));
  else if (isFindingForm(format)) {
    const source = { title: `validate ${file}`, file, tool: context.tool };
    terminal.out(renderFindings(policyFindings(diagnostics), format, source));
  } else {
    if (diagnostics.length > 0)
      terminal.out(`${renderDiagnostics(diagnostics, renderOptions(context))}\n`);
    terminal.out(`${printable(file)}: ${countDiagnostics(diagnostics)}\n`);
  }
}
