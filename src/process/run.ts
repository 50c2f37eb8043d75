import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { fail, ok, type Failure, type Result } from '../model/result.ts';

/** A program and its arguments: an array, never a shell line (G408). */
export interface Command {
  /** Absolute path, or a name that is looked up in PATH. */
  readonly program: string;
  readonly args: readonly string[];
  /** Text for standard input; none means an empty one. */
  readonly input?: string;
  readonly timeoutSeconds: number;
  /** Variables beside PATH and LC_ALL; nothing else of our environment is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /**
   * The kernel ends it with this process (SIGKILL of us too): for what writes. An
   * orphan would go on writing into what the next plan takes for left behind.
   */
  readonly endsWithUs?: boolean;
  /** Standard output beyond this is a failure, not a cut text. */
  readonly maxOutputBytes?: number;
  /** Hears what is printed as it comes, in pieces of any length: progress. */
  readonly onText?: { readonly from: 'stdout' | 'stderr'; readonly hear: (text: string) => void };
}

/** What a program printed. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command can fail. */
export interface CommandFailure extends Failure {
  readonly code: 'not-started' | 'killed' | 'canceled' | 'timed-out' | 'too-much-output' | 'exit';
  readonly program: string;
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

// A listing of 10,000 domains is 100 MB of XML; more than this is a fault.
const maxOutputBytes = 1024 ** 3;

/** Runs a program to its end. Output is text in the C locale. */
export async function run(command: Command): Promise<Result<Output, CommandFailure>> {
  // Its 150 modules take longer to load than all else of a plan, which runs no program by it.
  const { execa } = await import('execa');
  const [program = '', ...args] = wordsOf(command);
  const child = execa(program, args, {
    input: command.input ?? '',
    timeout: command.timeoutSeconds * 1000,
    forceKillAfterDelay: 2000,
    maxBuffer: command.maxOutputBytes ?? maxOutputBytes,
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', ...command.env },
    stripFinalNewline: false,
    reject: false,
    ...(command.signal === undefined ? {} : { cancelSignal: command.signal }),
  });
  if (command.onText !== undefined) listen(child[command.onText.from], command.onText.hear);
  const result = await child;
  if (!result.failed) return ok({ stdout: result.stdout, stderr: result.stderr });
  return fail(failureOf(command, result));
}

/** Hands on what a stream says, whole characters at a time; execa collects it all the same. */
function listen(stream: Readable, hear: (text: string) => void): void {
  const decoder = new StringDecoder('utf8');
  stream.on('data', (chunk: Buffer) => hear(decoder.write(chunk)));
}

// util-linux, as flock is: Debian cannot be without it. It becomes the program, so the pid is the program's.
const deathSignal = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

function wordsOf({ program, args, endsWithUs = false }: Command): readonly string[] {
  return endsWithUs ? [...deathSignal, program, ...args] : [program, ...args];
}

// What execvp(3) users say of a program that is not there; none that is run this way ends so itself.
const noSuchProgram = 127;

/** What execa says of a process that did not succeed. */
interface Ending {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly timedOut: boolean;
  readonly isCanceled: boolean;
  readonly isMaxBuffer: boolean;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly code?: string | undefined;
  readonly shortMessage?: string | undefined;
}

const textOf = (output: unknown): string => (typeof output === 'string' ? output : '');

/** Tells the ways of failing apart; the message names the program and its last line on stderr. */
function failureOf(command: Command, facts: Ending): CommandFailure {
  const stderr = textOf(facts.stderr);
  const base = {
    program: command.program,
    exitCode: facts.exitCode ?? null,
    stdout: textOf(facts.stdout),
    stderr,
  };
  const lastLine = stderr.trimEnd().split('\n').at(-1) ?? '';
  const name = command.program;
  if (facts.timedOut) {
    return {
      ...base,
      code: 'timed-out',
      message: `${name} did not end within ${command.timeoutSeconds} s`,
    };
  }
  if (facts.isCanceled) return { ...base, code: 'canceled', message: `${name} was stopped` };
  if (facts.isMaxBuffer)
    return { ...base, code: 'too-much-output', message: `${name} printed too much` };
  const isMissing = command.endsWithUs === true && facts.exitCode === noSuchProgram;
  if (isMissing || (facts.exitCode === undefined && facts.signal === undefined)) {
    return {
      ...base,
      code: 'not-started',
      message: `${name} could not be started: ${isMissing ? 'ENOENT' : (facts.code ?? facts.shortMessage)}`,
    };
  }
  if (facts.signal !== undefined) {
    return { ...base, code: 'killed', message: `${name} was ended by ${facts.signal}` };
  }
  return {
    ...base,
    code: 'exit',
    message: `${name} failed (${facts.exitCode})${lastLine === '' ? '' : `: ${lastLine}`}`,
  };
}
