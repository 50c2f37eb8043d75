import { homedir } from 'node:os';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { run, type CommandFailure, type Output } from '../process/run.ts';
import type { Transfer } from './far-end.ts';
import { farFailure } from './far-failure.ts';
import type { Transferred } from './mirror.ts';

/** A remote of rclone. */
export interface RclonePlace {
  readonly name: string;
  /** `remote:path`, the root. */
  readonly target: string;
  readonly configFile: string | null;
  readonly bandwidthBytesPerSecond: number | null;
  /** Learned: the remote makes no SHA-256 of its own. */
  hashesHere: boolean;
}

// Only against a process that never ends: a first copy of terabytes takes days.
const maxSeconds = 14 * 24 * 3600;

// rclone's own retries (three of everything, ten of each request) keep a run
// waiting for minutes when a remote is away; the next run tries again anyhow.
const patience = ['--retries=2', '--low-level-retries=3', '--contimeout=10s', '--timeout=60s'];

/** A directory of the remote. */
export function remotePath({ target }: RclonePlace, below: string): string {
  if (below === '') return target;
  return target.endsWith('/') ? `${target}${below}` : `${target}/${below}`;
}

/** Starts rclone. Secrets stay in its configuration. */
export function runRclone(
  place: RclonePlace,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly signal: AbortSignal;
    readonly hear?: { readonly from: 'stdout' | 'stderr'; readonly hear: (text: string) => void };
  },
): Promise<Result<Output, CommandFailure>> {
  const { input = '', signal, hear } = options;
  const { configFile, bandwidthBytesPerSecond } = place;
  return run({
    program: 'rclone',
    args: [
      ...args,
      ...patience,
      '--ask-password=false',
      ...(configFile === null ? [] : [`--config=${configFile}`]),
      ...(bandwidthBytesPerSecond === null ? [] : [`--bwlimit=${bandwidthBytesPerSecond}B`]),
    ],
    input,
    timeoutSeconds: maxSeconds,
    signal,
    // Where its own configuration is looked for.
    env: { HOME: homedir() },
    endsWithUs: true,
    ...(hear === undefined ? {} : { onText: hear }),
  });
}

/** The failure in terms of the mirror. */
export function rcloneFailure(place: RclonePlace, failure: CommandFailure): Failure {
  return farFailure(place.name, place.target, failure);
}

const statisticsArgs = ['--use-json-log', '--stats=1s', '--stats-log-level=NOTICE'];

/** Files as named, in one process. `extra` says how they are compared and ordered. */
export async function rcloneCopy(
  place: RclonePlace,
  direction: 'push' | 'pull',
  { local, far, paths, onBytes, signal }: Transfer,
  extra: readonly string[],
): Promise<Result<Transferred, Failure>> {
  const there = remotePath(place, far);
  const statistics = hearStatistics(onBytes);
  const done = await runRclone(
    place,
    [
      'copy',
      ...(direction === 'push' ? [local, there] : [there, local]),
      '--files-from-raw=-',
      // Looks for the files by name; it would list every directory on the way.
      '--no-traverse',
      ...statisticsArgs,
      ...extra,
    ],
    { input: linesOf(paths), signal, hear: { from: 'stderr', hear: statistics.hear } },
  );
  if (!done.ok) return fail(rcloneFailure(place, done.error));
  return ok({ ...statistics.sum(), durability: 'unknown' });
}

/** A list of files as rclone reads it, raw: a line each. */
export function linesOf(paths: readonly string[]): string {
  return paths.map((path) => `${path}\n`).join('');
}

/** Hears the JSON log in any pieces: bytes that are new, and sums at the end. */
export function hearStatistics(onBytes: (bytes: number) => void): {
  readonly hear: (text: string) => void;
  readonly sum: () => { readonly files: number; readonly bytes: number };
} {
  let tail = '';
  let [files, bytes] = [0, 0];
  const hearLine = (line: string): void => {
    const [, sum] = /"stats":\{.*?"bytes":(\d+)/.exec(line) ?? [];
    const [, count] = /"stats":\{.*?"transfers":(\d+)/.exec(line) ?? [];
    if (sum === undefined) return;
    if (Number(sum) > bytes) onBytes(Number(sum) - bytes);
    bytes = Math.max(bytes, Number(sum));
    files = Math.max(files, Number(count ?? 0));
  };
  return {
    hear: (text) => {
      const lines = `${tail}${text}`.split('\n');
      tail = lines.pop() ?? '';
      lines.forEach(hearLine);
    },
    sum: () => {
      hearLine(tail);
      return { files, bytes };
    },
  };
}
