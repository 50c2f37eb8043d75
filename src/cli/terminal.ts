import { createInterface } from 'node:readline/promises';
import { escapeSteering } from '../model/escape-steering.ts';
import { decideColor, type ColorFacts } from '../reporter/color.ts';

/** Where a command reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  /** Results: standard output. */
  out(text: string): void;
  /** Progress, warnings, errors, questions: standard error. */
  err(text: string): void;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  readonly inIsTty: boolean;
  /** Width of the terminal behind each stream; null when there is none. */
  readonly columns: number | null;
  readonly errColumns: number | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of the command line start here. */
  readonly cwd: string;
  /** All of standard input. */
  readInput(): Promise<string>;
  /** One line, asked of a person; the end of the input is an empty answer. */
  ask(question: string, signal: AbortSignal): Promise<string>;
}

// What we write ourselves: colours (ECMA-48 SGR) anywhere; to go up or to the
// top and clear what is below (CUU, CPL, CUP, ED) only where a text begins with it.
// oxlint-disable-next-line no-control-regex -- our own sequences begin with one
const colors = /(\u001B\[[\d;]*m)/;
// oxlint-disable-next-line no-control-regex -- our own sequences begin with one
const clearing = /^\u001B\[(?:\d+[AF]|2J)\u001B\[[JH]/;

/**
 * The same terminal for a program that prints names which others chose:
 * whatever steers a terminal is escaped, but for our own sequences where the
 * stream takes them. Every text passes here, so no command can forget it.
 */
export function guardedTerminal(terminal: Terminal, flag: ColorFacts['flag']): Terminal {
  const guarded =
    (write: (text: string) => void, isTty: boolean) =>
    (text: string): void => {
      const [clear = ''] = (isTty ? clearing.exec(text) : null) ?? [];
      const rest = text.slice(clear.length);
      const isColored = decideColor({ flag, env: terminal.env, isTTY: isTty });
      const parts = isColored ? rest.split(colors) : [rest];
      // Of a split by a group each second part is what the group found.
      write(clear + parts.map((part, at) => (at % 2 === 1 ? part : escapeSteering(part))).join(''));
    };
  return {
    ...terminal,
    out: guarded((text) => terminal.out(text), terminal.outIsTty),
    err: guarded((text) => terminal.err(text), terminal.errIsTty),
    ask: (question, signal) => terminal.ask(escapeSteering(question), signal),
  };
}

/** The terminal of this process. A reader that went away (`| head`) ends the output, not the work. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTty: process.stdout.isTTY,
    errIsTty: process.stderr.isTTY,
    inIsTty: process.stdin.isTTY,
    columns: process.stdout.isTTY ? process.stdout.columns : null,
    errColumns: process.stderr.isTTY ? process.stderr.columns : null,
    env: process.env,
    cwd: process.cwd(),
    readInput: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    },
    ask: askLine,
  };
}

async function askLine(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // A terminal in readline's hands sends no signal: Ctrl-C is a key like others.
  lines.on('SIGINT', () => process.emit('SIGINT', 'SIGINT'));
  let answered = false;
  const ended = new Promise<string>((resolve) => {
    lines.once('close', () => {
      // The end of the input (Ctrl-D) leaves the cursor behind the question.
      if (!answered && !signal.aborted) process.stderr.write('\n');
      resolve('');
    });
    signal.addEventListener('abort', () => resolve(''), { once: true });
  });
  const answer = lines.question(question, { signal }).then(
    (line) => {
      answered = true;
      return line;
    },
    () => '',
  );
  try {
    return await Promise.race([answer, ended]);
  } finally {
    lines.close();
  }
}
