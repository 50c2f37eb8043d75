import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Runs a program to its end: seconds, and the largest resident memory of it and its children in MiB. */
export async function measure(program, args, { signal, mayFail = [], ...options } = {}) {
  const started = process.hrtime.bigint();
  // GNU time is not on every host; the kernel's own count is, while the process lives.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  child.stdout?.on('data', (text) => (output += text));
  child.stderr?.on('data', (text) => (output += text));
  // Not spawn's own signal: that one does not wait for the end.
  signal?.addEventListener('abort', () => child.kill('SIGTERM'));
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, residentMiB(child.pid));
  }, 50);
  const [status] = await once(child, 'close');
  clearInterval(look);
  const took = Number(process.hrtime.bigint() - started) / 1e9;
  if (status !== 0 && !mayFail.includes(status)) {
    throw new Error(`${program} ${args.join(' ')} failed (${status}):\n${output}`);
  }
  return { seconds: took, peakMiB: peak, output };
}

/** High-water mark of a process (VmHWM in proc(5)); 0 once it is gone. */
function residentMiB(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** The middle one. */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * Runs contestants in turn, A B C A B C …, so that a machine whose speed
 * drifts does so for all of them. One round is not counted.
 */
export async function compare(contestants, rounds = 3) {
  const results = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, run } of contestants) {
      const result = await run(round);
      if (round > 0) results.get(name).push(result);
    }
  }
  return contestants.map(({ name }) => ({
    name,
    seconds: median(results.get(name).map(({ seconds }) => seconds)),
    peakMiB: median(results.get(name).map(({ peakMiB }) => peakMiB ?? Number.NaN)),
    each: results.get(name).map(({ seconds }) => seconds),
  }));
}

/** A Markdown table. */
export function table(head, rows) {
  return [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`]
    .concat(rows.map((row) => `| ${row.join(' | ')} |`))
    .join('\n');
}

/** Text of a program's output; throws when it fails. */
export const text = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' }).trim();

export const ratio = (a, b) => (a / b).toFixed(2);
export const seconds = (value) => value.toFixed(value < 1 ? 3 : 2);

/** What stands beside a target. */
export const verdict = (isMet) => (isMet ? 'met' : '**missed**');
