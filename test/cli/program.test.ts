import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { exitCodes } from '../../src/cli/exit.ts';
import { Cli } from './cli.ts';

it('lists every command and every exit code in --help', async () => {
  using cli = new Cli();
  const { exit, out, err } = await cli.run(['--help']);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  for (const { name, summary } of commands)
    expect(out).toMatch(new RegExp(`^  ${name} +${summary}`, 'm'));
  for (const [code, meaning] of Object.entries(exitCodes))
    expect(out).toContain(`${code}  ${meaning}`);
});

it.each(commands.map(({ name }) => name))('%s has a help with the global options', async (name) => {
  using cli = new Cli();
  const { exit, out } = await cli.run([name, '--help']);
  expect(exit).toBe(0);
  expect(out).toContain(`Usage: holdfast ${name}`);
  expect(out).toContain('--policy <file>');
});

it.each([
  [['plam'], "holdfast: unknown command 'plam'\n(Did you mean plan?)\n"],
  [['frob'], "holdfast: unknown command 'frob'; holdfast --help lists them\n"],
  [
    ['apply', '--lock-timeout', '-3'],
    "holdfast: option '--lock-timeout <seconds>' argument '-3' is invalid. Write a whole number of seconds, 0 or more.\n",
  ],
  [['plan', '--targt', 'x'], "holdfast: unknown option '--targt'\n(Did you mean --target?)\n"],
  [
    ['--color', 'red', 'plan'],
    "holdfast: option '--color <when>' argument 'red' is invalid. Allowed choices are auto, always, never.\n",
  ],
  [['show'], "holdfast: missing required argument 'plan'\n"],
  [
    ['history', '--limit', 'x'],
    "holdfast: option '--limit <number>' argument 'x' is invalid. Write a whole number, 1 or more.\n",
  ],
  [
    ['schema', 'x'],
    "holdfast: command-argument value 'x' is invalid for argument 'name'. Allowed choices are policy, host, plan, observed, point, events, simulation.\n",
  ],
  [['plan', 'x'], "holdfast: too many arguments for 'plan'. Expected 0 arguments but got 1.\n"],
])('%j is a usage error', async (args, message) => {
  using cli = new Cli();
  expect(await cli.run(args)).toEqual({ exit: 64, out: '', err: message });
});

it.each([
  [['plam'], 'unknown-command', "unknown command 'plam' (Did you mean plan?)"],
  [['plan', '--targt', 'x'], 'unknown-option', "unknown option '--targt' (Did you mean --target?)"],
  [['show'], 'missing-argument', "missing required argument 'plan'"],
  [
    ['plan', 'x'],
    'excess-arguments',
    "too many arguments for 'plan'. Expected 0 arguments but got 1.",
  ],
  [['plan', '--target'], 'option-missing-argument', "option '--target <addr>' argument missing"],
  [
    ['hold', 'x'],
    'missing-mandatory-option-value',
    "required option '--reason <text>' not specified",
  ],
  [
    ['schema', 'x'],
    'invalid-argument',
    "command-argument value 'x' is invalid for argument 'name'. Allowed choices are policy, host, plan, observed, point, events, simulation.",
  ],
  [[], 'no-command', 'no command was given: holdfast --help lists them'],
])('%j is a usage error in JSON too', async (args, code, message) => {
  using cli = new Cli();
  const error = { formatVersion: 1, kind: 'error', code, message, exit: 64 };
  for (const line of [
    [...args, '--json'],
    ['--json', ...args],
  ]) {
    const { exit, out, err } = await cli.run(line);
    expect({ exit, out: JSON.parse(out) as object }).toEqual({ exit: 64, out: error });
    expect(err).not.toBe('');
  }
  const plain = await cli.run([...args, '--', '--json']);
  expect({ exit: plain.exit, out: plain.out }).toEqual({ exit: 64, out: '' });
});

it('prints the help and exits 64 without a command', async () => {
  using cli = new Cli();
  const { exit, out, err } = await cli.run([]);
  expect({ exit, out }).toEqual({ exit: 64, out: '' });
  expect(err).toContain('Usage: holdfast [options] COMMAND');
});

it('begins the help of a command with a sentence, and names what must be given', async () => {
  using cli = new Cli();
  const help = async (...args: readonly string[]) => (await cli.run([...args, '--help'])).out;
  expect(await help('restore')).toContain(
    '\n\nBring a point back: as a machine, in place, or as images.\n\n',
  );
  expect(await help('hold')).toContain('why; it is shown wherever the hold is (required)');
  expect((await help('hold')).replaceAll(/\s+/g, ' ')).toContain(
    'colour the output (choices: "auto", "always", "never", default: "auto")',
  );
});

it('takes trash alone for trash list', async () => {
  using cli = new Cli();
  const list = await cli.run(['trash', 'list']);
  expect(list.err).toContain('there is no policy');
  expect(await cli.run(['trash'])).toEqual(list);
});

it('prints the version with other flags too', async () => {
  using cli = new Cli();
  expect(await cli.run(['--json', '--version'])).toEqual({ exit: 0, out: '0.0.0\n', err: '' });
});

it('answers --version before it loads a module', () => {
  const file = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
  const imports = readFileSync(file, 'utf8').matchAll(/^import .* from '(.+)';$/gm);
  expect(Array.from(imports, ([, specifier]) => specifier)).toEqual(['node:fs']);
});
