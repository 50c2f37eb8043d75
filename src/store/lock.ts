import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { errorNumber, systemFailure } from './attempt.ts';
import type { Lock, Locked } from './store.ts';

// util-linux; a fixed path, so that PATH cannot put another program under our lock (G408).
export const flockProgram = '/usr/bin/flock';

// Any status that flock(1) does not use of itself (1, 64 to 74).
const refusedStatus = 75;

// An observer's probe holds a shared lock for some milliseconds (`isLocked`);
// who asks for a lock without waiting must not be refused for that.
const leastWaitSeconds = 0.25;

/**
 * flock(1) on our own descriptor, handed to it as 3: the lock belongs to the open
 * file, stays when flock(1) has ended, and goes when the last process that has
 * the file open dies. Started here and not through process/: execa closes what
 * it does not know, and this one must get a descriptor.
 */
function flock(descriptor: number, args: readonly string[]): Promise<Result<boolean, Failure>> {
  return new Promise((resolve) => {
    const child = spawn(flockProgram, [...args, '-E', String(refusedStatus), '3'], {
      stdio: ['ignore', 'ignore', 'pipe', descriptor],
      env: { LC_ALL: 'C.UTF-8' },
    });
    let stderr = '';
    child.stderr?.on('data', (data: Buffer) => {
      stderr += data.toString();
    });
    child.on('error', (error) => {
      resolve(
        fail({
          code: 'lock-failed',
          message: `${flockProgram} could not be started: ${error.message}`,
        }),
      );
    });
    child.on('close', (status, signal) => {
      if (status === 0) resolve(ok(true));
      else if (status === refusedStatus) resolve(ok(false));
      else {
        const why = stderr.trim() || `it ended with ${status ?? signal}`;
        resolve(fail({ code: 'lock-failed', message: `${flockProgram} did not lock: ${why}` }));
      }
    });
  });
}

const pad = (part: number): string => String(part).padStart(2, '0');

/** A minute of this host's own clock, for people: `2026-11-22 02:00`. */
function localMinute(date: Date): string {
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join('-');
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** Who holds a lock, as the file says it; of today, the hour is enough. */
function holderIn(path: string): string {
  const today = localMinute(new Date()).slice(0, 10);
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text.replace(`since ${today} `, 'since ') || 'another process';
  } catch (error) {
    if (errorNumber(error) === null) throw error;
    return 'another process';
  }
}

/** The command that this process was started as: `holdfast apply`, which main.ts has made its title. */
function commandName(): string {
  const [program, command = ''] = process.title.split(' ');
  return program === 'holdfast' ? `holdfast ${command}`.trimEnd() : 'holdfast';
}

/** Notes who holds the lock. */
function signHolder(descriptor: number): void {
  const text = `${commandName()} (process ${process.pid}, since ${localMinute(new Date())})\n`;
  try {
    ftruncateSync(descriptor);
    writeSync(descriptor, text, 0);
  } catch (error) {
    // Only for people: a lock must be had on a full disk too, or nothing could ever be purged from it.
    if (errorNumber(error) === null) throw error;
  }
}

/** How a lock is taken: through flock(1), or in a model of the host. */
export type TakeLock = (
  path: string,
  what: string,
  waitSeconds: number,
) => Promise<Result<Lock, Locked | Failure>>;

/**
 * Takes a lock that the kernel releases when this process dies (SIGKILL too).
 * The file is made when missing, and never removed: removing it would let two
 * processes lock two files of one name. `what` begins the message: "store main".
 */
export async function takeLock(
  path: string,
  what: string,
  waitSeconds: number,
): Promise<Result<Lock, Locked | Failure>> {
  let descriptor: number;
  try {
    const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
    descriptor = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (error) {
    return fail(systemFailure(`locking ${what}`, error));
  }
  const wait = Math.max(waitSeconds, leastWaitSeconds);
  const locked = await flock(descriptor, ['-x', '-w', String(wait)]);
  const refused = locked.ok ? refusal(locked.value, descriptor, path, what) : locked.error;
  if (refused !== null) {
    closeSync(descriptor);
    return fail(refused);
  }
  signHolder(descriptor);
  let held = true;
  return ok({
    descriptor,
    release() {
      if (held) closeSync(descriptor);
      held = false;
    },
  });
}

function refusal(
  locked: boolean,
  descriptor: number,
  path: string,
  what: string,
): Locked | Failure | null {
  if (!locked) {
    const holder = holderIn(path);
    return { code: 'locked', holder, message: `${what} is locked by ${holder}` };
  }
  const named = lstatSync(path, { throwIfNoEntry: false });
  if (named?.ino === fstatSync(descriptor).ino) return null;
  return { code: 'lock-failed', message: `${path} was replaced while it was being locked` };
}

/**
 * Whether a living process holds a lock. Only looks: a shared lock, taken
 * without waiting and let go at once. What cannot be told counts as held.
 */
export async function isLocked(path: string): Promise<boolean> {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    return errorNumber(error) !== 'ENOENT';
  }
  const free = await flock(descriptor, ['-s', '-n']);
  closeSync(descriptor);
  return !(free.ok && free.value);
}
