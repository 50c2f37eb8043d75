import { CommanderError, type Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { newProgram } from '../../src/cli/program.ts';
import { pages } from './pages.ts';

/** Command lines of holdfast on a page: in blocks of code, and in code within a sentence. */
function commandLines(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```[\s\S]*?^```$/gm)].flatMap(([block]) => block.split('\n'));
  const inBlocks = blocks.flatMap(
    (line) => /(?:^ *|\$ |sudo |&& |: |bin\/)holdfast (.+)$/.exec(line)?.[1] ?? [],
  );
  const spans = [...text.matchAll(/`(?:sudo )?holdfast ([^`]+)`/g)].map(([, span = '']) => span);
  // `holdfast …` stands for any of them.
  return [...inBlocks, ...spans].filter((line) => !line.startsWith('…'));
}

/** The words of a command line as a shell would make them, up to a pipe, the next command or a comment. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)) {
    if (/^(?:[|>;#]|&&|\d?>)/.test(word)) break;
    words.push(word.replaceAll(/["']/g, ''));
  }
  return words;
}

const ignore = (): void => undefined;

/** The program with every command and option, in which commands do nothing. */
async function idleProgram(): Promise<Command> {
  const program = newProgram(
    {
      out: ignore,
      err: ignore,
      outIsTty: false,
      errIsTty: false,
      inIsTty: false,
      columns: null,
      errColumns: null,
      env: {},
      cwd: '/',
      readInput: async () => '',
      ask: async () => '',
    },
    '0.0.0',
  );
  for (const { name, load } of commands) {
    const command = program.command(name);
    (await load())(command, async () => undefined);
    for (const one of [command, ...command.commands]) one.action(ignore);
  }
  return program;
}

/** `plan`, `trash restore`: in a sentence they mean the command, whatever its arguments. */
function bareNames(program: Command): readonly string[] {
  return program.commands.flatMap((command) => [
    command.name(),
    ...command.commands.map((below) => `${command.name()} ${below.name()}`),
  ]);
}

/** What the program says against a command line; null if it takes it. */
async function refusalOf(program: Command, line: string): Promise<string | null> {
  if (bareNames(program).includes(line)) return null;
  try {
    await program.parseAsync([...wordsOf(line)], { from: 'user' });
    return null;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? null : `holdfast ${line}: ${error.message}`;
  }
}

const all = pages()
  .map(({ path, text }) => ({ path, lines: [...new Set(commandLines(text))] }))
  .filter(({ lines }) => lines.length > 0);

let program: Command;
// Every command's module is loaded, which takes seconds on a busy machine.
beforeAll(async () => void (program = await idleProgram()), 60_000);

it('finds command lines, of every command', () => {
  const used = new Set(all.flatMap(({ lines }) => lines.map((line) => line.split(' ')[0])));
  expect(commands.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
  expect(all.flatMap(({ lines }) => lines).length).toBeGreaterThan(80);
});

it('refuses what the program does not know', async () => {
  expect(await refusalOf(program, 'plan --dry-run')).toBe(
    "holdfast plan --dry-run: error: unknown option '--dry-run'",
  );
  expect(await refusalOf(program, 'backup web01')).toBe(
    "holdfast backup web01: error: unknown command 'backup'",
  );
});

describe.each(all)('$path', ({ lines }) => {
  it('has command lines that the program takes', async () => {
    const refused: string[] = [];
    for (const line of lines) refused.push(...[(await refusalOf(program, line)) ?? []].flat());
    expect(refused).toEqual([]);
  });
});
