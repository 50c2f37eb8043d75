import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { endOf } from './conversation.ts';

/** A process that outlives us, and knows of our end by the end of a pipe. */
export interface Guard {
  readonly pid: number | undefined;
  /** Tells it a word on a line. */
  tell(word: string): void;
  /** Fulfilled with true when it said the word, with false when it ended without. */
  heard(word: string): Promise<boolean>;
  readonly ended: Promise<void>;
  /** Closes the pipe, which is what our death does too. */
  leave(): void;
}

/**
 * Starts a shell script in a session of its own. Its standard input is a pipe
 * that nobody else holds, so that SIGKILL of this process closes it too.
 */
export function startGuard(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Guard {
  const child = spawn('/bin/sh', ['-c', script, 'holdfast-guard', ...args], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', ...env },
  });
  const lines = createInterface({ input: child.stdout });
  // A guard that is gone is told by its end.
  child.stdin.on('error', () => undefined);
  return {
    pid: child.pid,
    tell: (word) => void child.stdin.write(`${word}\n`),
    heard: (word) =>
      new Promise((resolve) => {
        lines.on('line', (line) => {
          if (line === word) resolve(true);
        });
        lines.once('close', () => resolve(false));
      }),
    ended: endOf(child),
    leave: () => void child.stdin.end(),
  };
}
