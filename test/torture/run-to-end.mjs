import { spawn } from 'node:child_process';
import { once } from 'node:events';

// More of what a failed round has printed than anybody reads.
const keptText = 2 ** 20;
// What was asked to end has this long for it.
const graceSeconds = 30;

/**
 * Runs a program in a process group of its own to its end, or to that of its time, or until it is to stop: then the
 * group is told to end, and killed if it does not. Standard output apart, and all that was printed, the end of it.
 */
export async function runToEnd(program, args, { cwd, env, seconds, stop }) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, all] = ['', ''];
  child.stdout.on('data', (text) => (out = (out + text).slice(-keptText)));
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => (all = (all + text).slice(-keptText)));
  }
  const kill = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Ended just now.
    }
  };
  let why = null;
  const timers = [];
  const end = (because) => {
    why ??= because;
    kill('SIGTERM');
    timers.push(setTimeout(() => kill('SIGKILL'), graceSeconds * 1000));
  };
  timers.push(setTimeout(() => end(`not over after ${seconds} s`), seconds * 1000));
  const onStop = () => end('stopped');
  stop.addEventListener('abort', onStop);
  const [status, signal] = await once(child, 'close');
  stop.removeEventListener('abort', onStop);
  for (const timer of timers) clearTimeout(timer);
  return { ended: why ?? signal ?? status, out, all };
}
