import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { run, type CommandFailure, type Output } from '../process/run.ts';
import type { Transfer } from './far-end.ts';
import { farFailure, giveRights, makeRoom } from './far-failure.ts';
import { roomThere } from './far-find.ts';
import type { FarShell } from './far-shell.ts';
import type { Transferred } from './mirror.ts';
import { hearRsyncProgress, parseRsyncStats } from './rsync-output.ts';
import { asRemoteShell } from './ssh-words.ts';

/** An rsync between this host and a place. */
export interface RsyncPlace {
  readonly shell: FarShell;
  readonly bandwidthBytesPerSecond: number | null;
  /** Learned: the rsync here or there is older than 3.2.4 and has no `--fsync`. */
  canSync: boolean;
}

// No data for this long is a connection that is lost; a far end that fsyncs
// gigabytes to a slow disk is silent for a while.
const ioTimeoutSeconds = 300;

// Only against a process that never ends: a first copy of terabytes takes days.
const maxSeconds = 14 * 24 * 3600;

/** Where parts of files wait to be gone on with, in the directory of their file. */
export const partialName = '.holdfast-partial';

/** Options that all our rsyncs have. */
function commonArgs({ shell, bandwidthBytesPerSecond }: RsyncPlace): readonly string[] {
  return [
    '--secluded-args',
    '--no-human-readable',
    `--timeout=${ioTimeoutSeconds}`,
    ...(shell.place.kind === 'ssh' ? ['-e', asRemoteShell(shell.ssh)] : []),
    ...(bandwidthBytesPerSecond === null ? [] : [`--bwlimit=${bandwidthBytesPerSecond}B`]),
  ];
}

/** A directory of the place, as an argument; with a slash at its end: what is in it. */
export function placeArgument({ place }: FarShell, below: string): string {
  const path = `${place.path}/${below === '' ? '' : `${below}/`}`;
  if (place.kind === 'local') return path;
  return `${place.user === null ? '' : `${place.user}@`}${place.host}:${path}`;
}

/** Starts rsync; `input` is its list of files. */
export function runRsync(
  place: RsyncPlace,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly signal: AbortSignal;
    readonly hear?: (text: string) => void;
  },
): Promise<Result<Output, CommandFailure>> {
  const { input = '', signal, hear } = options;
  return run({
    program: 'rsync',
    args: [...commonArgs(place), ...args],
    input,
    timeoutSeconds: maxSeconds,
    signal,
    // Times in listings are compared from run to run, and a zone may change.
    env: { TZ: 'UTC' },
    endsWithUs: true,
    ...(hear === undefined ? {} : { onText: { from: 'stdout', hear } as const }),
  });
}

/** What every transfer of named files has. */
const transferArgs: readonly string[] = [
  '--files-from=-',
  '--from0',
  '--times',
  '--omit-dir-times',
  '--perms',
  '--chmod=D0700,F0600',
];

/** Whole files or parts of them, resumed where they were left. */
export async function transfer(
  place: RsyncPlace,
  direction: 'push' | 'push-new' | 'pull',
  request: Transfer,
): Promise<Result<Transferred, Failure>> {
  const { local, far, paths, compare, signal } = request;
  const there = placeArgument(place.shell, far);
  const args = [
    ...transferArgs,
    '--stats',
    '--info=progress2,name0',
    // A part is of use only with the delta algorithm, which a local rsync does not use by itself.
    ...(direction === 'push-new'
      ? ['--ignore-existing']
      : ['--no-whole-file', `--partial-dir=${partialName}`]),
    ...(compare === 'content' && direction !== 'push-new' ? ['--checksum'] : []),
    ...(place.canSync ? ['--fsync'] : []),
    '--',
    ...(direction === 'pull' ? [there, `${local}/`] : [`${local}/`, there]),
  ];
  const input = paths.map((path) => `${path}\0`).join('');
  const done = await runRsync(place, args, {
    input,
    signal,
    hear: hearRsyncProgress(request.onBytes),
  });
  if (done.ok) {
    return ok({
      ...parseRsyncStats(done.value.stdout),
      durability: place.canSync ? 'synced' : 'unknown',
    });
  }
  if (place.canSync && /--fsync: unknown option/.test(done.error.stderr)) {
    place.canSync = false;
    return transfer(place, direction, request);
  }
  const failure = transferFailure(place.shell, direction, done.error);
  const isSaid = !['mirror-failed', 'mirror-unreachable'].includes(failure.code);
  return fail(
    isSaid || direction === 'pull' ? failure : await orNoRoom(place.shell, far, failure, signal),
  );
}

// Less than any image that is worth a mirror; the part that filled the disk is kept there.
const fullBytes = 8 * 1024 ** 2;

/**
 * A receiver that cannot write does not always get its words through before
 * the sender notices: the free space and the rights there tell it too.
 */
async function orNoRoom(
  shell: FarShell,
  below: string,
  failure: Failure,
  signal: AbortSignal,
): Promise<Failure> {
  const room = await roomThere(shell, below, signal);
  if (room === null) return failure;
  const where = `mirror ${shell.name} (${shell.target})`;
  if (room.closed !== null) {
    return {
      code: 'permission',
      message: `${where}: ${room.closed} cannot be written; ${giveRights}`,
    };
  }
  if (room.freeBytes === null || room.freeBytes >= fullBytes) return failure;
  return {
    code: 'mirror-full',
    message: `${where}: ${room.freeBytes} bytes are left there, and the copy ended; ${makeRoom}`,
  };
}

/** `file-missing` when one of the files was not where they come from. */
function transferFailure(shell: FarShell, direction: string, failure: CommandFailure): Failure {
  const [, missing] =
    /link_stat "(.*)" failed: No such file or directory|file has vanished: "(.*)"/
      .exec(failure.stderr)
      ?.filter((part) => part !== undefined) ?? [];
  if (missing === undefined) return farFailure(shell.name, shell.target, failure);
  const where = direction === 'pull' ? ` (${shell.target})` : '';
  return {
    code: 'file-missing',
    message: `mirror ${shell.name}${where}: ${missing} is not there; ${direction === 'pull' ? 'verify the point at the mirror' : 'verify the point in the store'}`,
  };
}

/** Small files, those that are there; for manifests and marks, which are written whole or not at all. */
export async function pullSmall(
  place: RsyncPlace,
  request: Transfer,
): Promise<Result<void, Failure>> {
  const { local, far, paths, signal } = request;
  const args = [
    ...transferArgs,
    '--ignore-missing-args',
    '--',
    placeArgument(place.shell, far),
    `${local}/`,
  ];
  const input = paths.map((path) => `${path}\0`).join('');
  const done = await runRsync(place, args, { input, signal });
  // Exit 24: a file, or the directory above it, is not there, which is an answer here.
  if (done.ok || done.error.exitCode === 24) return ok(undefined);
  return fail(farFailure(place.shell.name, place.shell.target, done.error));
}
