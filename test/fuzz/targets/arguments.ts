import { CommanderError } from 'commander';
import { commands } from '../../../src/cli/commands.ts';
import { requestOf } from '../../../src/cli/plan-options.ts';
import { newProgram } from '../../../src/cli/program.ts';
import { readAddress } from '../../../src/cli/resolve-address.ts';
import { guardedTerminal, type Terminal } from '../../../src/cli/terminal.ts';
import { addressOf, parseAddress } from '../../../src/model/address.ts';
import { printable } from '../../../src/reporter/printable.ts';
import { inputs } from '../seeds.ts';
import { mustBeBounded, mustBePlain, mustHold, type Target } from '../target.ts';

/** Parses a command line with every command's own options; none of them is run. What was printed. */
async function parsed(args: readonly string[]): Promise<string> {
  let out = '';
  const write = (text: string): void => void (out += text);
  const terminal: Terminal = {
    out: write,
    err: write,
    outIsTty: false,
    errIsTty: false,
    inIsTty: false,
    columns: null,
    errColumns: null,
    env: {},
    cwd: '/nowhere',
    readInput: async () => '',
    ask: async () => '',
  };
  const program = newProgram(guardedTerminal(terminal, 'never'), '0.0.0');
  for (const { name, load } of commands) (await load())(program.command(name), async () => {});
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
  }
  return out;
}

/** Command lines: one argument a line. */
export const argumentsTarget: Target = {
  name: 'arguments',
  seeds: () =>
    inputs(
      'plan\n--target\ndomain/web01\n--out\nplan.json',
      'apply\nplan.json\n--allow\nG201=domain/web01\n--lock-timeout\n600',
      'apply\n--now\nweb01\n--full\n--note\na text\n--hold\n--auto-approve\n--parallelism\n2',
      'restore\ndomain/web01/20261122T0200/0003\n--as\ncopy\n--to\n/x\n--auto-approve',
      'points\nmirror:domain/a%2Fb\n--json',
      'verify\n--depth\nhash\n--color\nalways',
      'trash\nrestore\ndomain/web01/20261122T020000Z-4f7a',
      'hold\nadd\ndomain/web01\n--reason\naudit',
      'explain\nG201',
      'help\nplan',
    ),
  words: [
    '\n--policy\n',
    '\n--host-config\n',
    '\n--',
    '\n-q',
    '\n--no-input',
    '\n--json',
    'domain/',
    ...commands.map(({ name }) => `${name}\n`),
    '%2F',
    '%25',
    ':domain/',
    '/0001',
    'G202=host',
    '\n--help',
    '\n--allow\n',
    '--=',
    '-\n',
  ],
  async run(input) {
    const args = input.toString().split('\n').slice(0, 40);
    const out = await parsed(args);
    mustBePlain(out, 'a command line');
    mustHold(out.length <= 20_000 + input.length * 4, 'the answer to a command line is long');
    for (const text of args) {
      const address = parseAddress(text);
      if (address !== null && address.mirror === null && address.chain === null)
        mustHold(
          parseAddress(addressOf(address.domain))?.domain === address.domain,
          'an address is not read back',
        );
      const read = readAddress(text);
      if (!read.ok) mustBePlain(printable(read.error.message), 'an address');
    }
    const request = requestOf({ target: args, now: args, allow: args });
    if (!request.ok) mustBeBounded(request.error.message, input, 'what is told of an option');
  },
};
