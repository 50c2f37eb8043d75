import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { endOf } from './conversation.ts';

/** A program that runs for long and prints lines. */
export interface Followed {
  /** Fulfilled when it has ended; the last line that it said on standard error, empty if none. */
  readonly ended: Promise<string>;
  stop(): void;
}

/** Starts a program that ends with this process, and hands on each line that it prints. */
export function follow(
  command: { readonly program: string; readonly args: readonly string[] },
  onLine: (line: string) => void,
): Followed {
  // util-linux: the kernel ends it with us, also by SIGKILL, and no orphan listens for ever.
  const words = ['--pdeathsig', 'KILL', '--', command.program, ...command.args];
  const child = spawn('setpriv', words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  let said = '';
  createInterface({ input: child.stdout }).on('line', onLine);
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.trim() !== '') said = line;
  });
  return {
    ended: endOf(child).then(() => said),
    stop: () => void child.kill('SIGTERM'),
  };
}
