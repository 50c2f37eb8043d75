import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

/** A program that is talked to over standard input and output; both outputs arrive as one text. */
export interface Conversation {
  readonly pid: number | undefined;
  write(text: string): void;
  /** Closes standard input: the program ends after its last command. */
  finish(): void;
  kill(): void;
  /** Lets this process end while the program runs; the end of its input ends it then. */
  unref(): void;
  ref(): void;
  /** Fulfilled when the program has ended and all that it printed was delivered. */
  readonly ended: Promise<void>;
}

/**
 * Starts a program in a session of its own, so that a Ctrl-C at the terminal
 * does not end it in the middle of a command. Standard error is joined to
 * standard output by the kernel: what it says stands where it was said.
 */
export function converse(
  command: {
    readonly program: string;
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  },
  onText: (text: string) => void,
): Conversation {
  const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', command.program, ...command.args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', ...command.env },
  });
  // Both are sockets (net.Socket), whatever their declared type.
  const pipes = [child.stdin, child.stdout].filter((pipe) => pipe instanceof Socket);
  const decoder = new StringDecoder('utf8');
  child.stdout.on('data', (chunk: Buffer) => onText(decoder.write(chunk)));
  // A write to a program that has just ended is told by its end.
  child.stdin.on('error', () => undefined);
  return {
    pid: child.pid,
    write: (text) => void child.stdin.write(text),
    finish: () => void child.stdin.end(),
    kill: () => void child.kill('SIGKILL'),
    unref: () => [child, ...pipes].forEach((one) => one.unref()),
    ref: () => [child, ...pipes].forEach((one) => one.ref()),
    ended: endOf(child),
  };
}

/** A child's end, whether it ran or could not be started. */
export function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}
