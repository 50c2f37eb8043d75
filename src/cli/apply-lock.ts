import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../model/result.ts';
import { takeLock } from '../store/lock.ts';
import type { Lock } from '../store/store.ts';
import type { Refusal } from './context.ts';
import { writeTrouble } from './file-trouble.ts';

/** Takes the lock of this host's applies (G401); exit 6, with its holder, when another has it. */
export async function takeApplyLock(
  stateDir: string,
  waitSeconds: number,
): Promise<Result<Lock, Refusal>> {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    return fail({
      exit: 1,
      code: 'state-dir',
      message: `the state directory cannot be made: ${writeTrouble(error, stateDir)}`,
    });
  }
  const lock = await takeLock(join(stateDir, 'apply.lock'), 'this host', waitSeconds);
  if (lock.ok) return ok(lock.value);
  const { code, message } = lock.error;
  return code === 'locked'
    ? fail({ exit: 6, code, message: `${message}; --lock-timeout SECONDS waits for it` })
    : fail({ exit: 1, code, message });
}
