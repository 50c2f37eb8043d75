import type { Suspension } from '../model/agent.ts';
import type { Instant } from '../model/instant.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { jsonText, makeDurableWay, writeDurable } from '../store/durable.ts';
import { realFiles, type Files } from '../store/files.ts';
import { takeLock, type TakeLock } from '../store/lock.ts';
import { formatOne, instant, listOf, parseShape, record, text } from '../store/shape.ts';

/** A person said that the cause of a failure is gone: it counts from nothing again. */
export interface Resumed {
  readonly address: string;
  readonly at: Instant;
}

/** `suspended.json` in the state directory: what people told the agent. */
export interface Suspensions {
  readonly formatVersion: 1;
  readonly suspended: readonly Suspension[];
  readonly resumed: readonly Resumed[];
}

const shape = record((field): Suspensions => ({
  formatVersion: field('formatVersion', formatOne),
  suspended: field(
    'suspended',
    listOf(
      record((entry): Suspension => ({
        address: entry('address', text),
        reason: entry('reason', text),
        who: entry('who', text),
        at: entry('at', instant),
        until: entry('until', instant),
      })),
    ),
  ),
  resumed: field(
    'resumed',
    listOf(
      record((entry): Resumed => ({ address: entry('address', text), at: entry('at', instant) })),
    ),
  ),
}));

const fileName = 'suspended.json';
const nothing: Suspensions = { formatVersion: 1, suspended: [], resumed: [] };

/**
 * What is suspended. A file that cannot be read is a failure: who takes it for empty works on
 * what a person wanted to be left alone.
 */
export function readSuspensions(
  stateDir: string,
  files: Files = realFiles,
): Result<Suspensions, Failure> {
  const path = `${stateDir}/${fileName}`;
  return attempt(`reading ${path}`, () => {
    if (files.look(path) === null) return ok(nothing);
    const read = parseShape(files.read(path), shape);
    if (read.ok) return read;
    const message = `${path}: ${read.error}; move it away, and suspend again what is to be left alone`;
    return fail({ code: 'suspensions-unreadable', message });
  });
}

/** Left alone from now on: in place of what was said of the same address before. */
export function suspendedBy(before: Suspensions, suspension: Suspension): Suspensions {
  const { address, at } = suspension;
  const others = before.suspended.filter((one) => one.until > at && one.address !== address);
  return { ...before, suspended: [...others, suspension] };
}

/** No longer left alone, and what failed there counts from nothing again; `all`: everything on this host. */
export function resumedBy(
  before: Suspensions,
  { address, at }: Resumed,
  all: boolean,
): Suspensions {
  const isMeant = (one: string): boolean => all || one === address;
  return {
    ...before,
    suspended: before.suspended.filter((one) => one.until > at && !isMeant(one.address)),
    resumed: [...before.resumed.filter((one) => !isMeant(one.address)), { address, at }],
  };
}

// It is held for one small file.
const lockWaitSeconds = 10;

/** Changes what is suspended, under a lock: two people may do so at once. */
export async function changeSuspensions(
  stateDir: string,
  change: (now: Suspensions) => Suspensions,
  files: Files = realFiles,
  locks: TakeLock = takeLock,
): Promise<Result<Suspensions, Failure>> {
  const made = attempt(`making ${stateDir}`, () => ok(makeDurableWay(files, stateDir)));
  if (!made.ok) return made;
  const lock = await locks(`${stateDir}/suspended.lock`, 'suspending', lockWaitSeconds);
  if (!lock.ok) return lock;
  try {
    const now = readSuspensions(stateDir, files);
    if (!now.ok) return now;
    const changed = change(now.value);
    return attempt(`writing ${stateDir}/${fileName}`, () => {
      writeDurable(files, stateDir, fileName, jsonText(changed));
      return ok(changed);
    });
  } finally {
    lock.value.release();
  }
}
