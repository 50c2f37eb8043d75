import { Command, CommanderError, Option } from 'commander';
import { printable } from '../reporter/printable.ts';
import { systemClock, type Clock } from './clock.ts';
import { commands } from './commands.ts';
import { printError, type Context, type Globals, type Go, type Refusal } from './context.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { guardedTerminal, type Terminal } from './terminal.ts';

const exitHelp = [
  '',
  'Exit codes:',
  ...Object.entries(exitCodes).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`),
  '',
  'Addresses are domain/NAME[/CHAIN[/SEQ]]; CHAIN by any unique beginning.',
].join('\n');

/** Runs the program with these arguments and says its exit status. The clock is another one in tests only. */
export async function runProgram(
  args: readonly string[],
  terminal: Terminal,
  version: string,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  let exit: ExitCode = 0;
  const plain = guardedTerminal(terminal, 'never');
  const program = newProgram(plain, version);
  const go: Go = async (body) => {
    const globals = program.opts<Globals>();
    const guarded = guardedTerminal(terminal, globals.color);
    const context: Context = { terminal: guarded, globals, tool: `holdfast ${version}`, clock };
    exit = await body(context);
  };
  await addCommands(program, chosenCommand(args), go);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    if (isJson(args)) printError(plain, usageError(error));
    return 64;
  }
  return exit;
}

/** Whether `--json` was given: a command line that is wrong may have been read up to its mistake only. */
function isJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).includes('--json');
}

/** A wrong command line as a refusal: commander's code and sentence in our form. */
function usageError({ code, message }: CommanderError): Refusal {
  const kebab = code
    .replace(/^commander\./, '')
    .replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return kebab === 'help'
    ? { exit: 64, code: 'no-command', message: 'no command was given: holdfast --help lists them' }
    : { exit: 64, code: kebab, message: message.replace(/^error: /, '').replaceAll('\n', ' ') };
}

/** What commander says of a command line, in our form: one line, and perhaps one more that begins with "(Did you mean". */
function complaint(text: string): string {
  const [said = '', ...meant] = text.trimEnd().split(/\n(?=\(Did you mean [^\n]*\)$)/);
  const isLost = meant.length === 0 && said.startsWith('error: unknown command ');
  const remedy = isLost ? '; holdfast --help lists them' : '';
  return [said.replace(/^error: /, 'holdfast: ') + remedy, ...meant].map(printable).join('\n');
}

/** The program with its global options, which are known before and after the command. */
export function newProgram(terminal: Terminal, version: string): Command {
  return new Command('holdfast')
    .description('Plan and apply for virtual-machine backups on KVM/libvirt.')
    .usage('[options] COMMAND [arguments]')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpCommand(
      new Command('help')
        .argument('[command]')
        .summary('print the help of a command')
        .helpGroup('Looking:'),
    )
    .option('--policy <file>', "the policy (default: the host file's, else ./policy.yaml)")
    .option('--host-config <file>', 'the host file (default: /etc/holdfast/host.yaml)')
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print results and errors only')
    .option('-v, --verbose', 'say more')
    .addOption(
      new Option('--color <when>', 'colour the output')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .option('--no-input', 'never ask')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      outputError: (text, write) => write(`${complaint(text)}\n`),
    })
    .showHelpAfterError(false)
    .exitOverride()
    .addHelpText('after', exitHelp);
}

/** Adds all commands to the help, and the chosen one with its options: only its module is loaded. */
async function addCommands(program: Command, chosen: string | null, go: Go): Promise<void> {
  for (const { name, summary, group, load } of commands) {
    const command = program.command(name).summary(summary).description(described(summary));
    command.helpGroup(`${group}:`);
    if (name === chosen) (await load())(command, go);
  }
}

/** A summary as a sentence, for the head of the command's own help. */
const described = (summary: string): string =>
  `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;

const valued: ReadonlySet<string> = new Set(['--policy', '--host-config', '--color']);

/** The command that the arguments name; null when there is none. */
export function chosenCommand(args: readonly string[]): string | null {
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (valued.has(arg)) index += 1;
    else if (arg !== 'help' && !arg.startsWith('-')) return arg;
  }
  return null;
}
