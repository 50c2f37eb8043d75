import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../../model/result.ts';
import { startGuard } from '../../process/guard.ts';

// Longer than a freeze with its agent's timeout, and than libvirt's own wait for a domain.
const waitSeconds = 120;

// The lock is the shell's, and goes with a line on its standard input. Where
// that ends without one we died, and libvirtd may be at what we had asked for:
// a checkpoint's deletion was seen to take a second. Everybody waits in one
// queue, at the lock of the turn: those who look share the lock, and where one
// of them always has it, whoever changes would wait for ever (seen: five points
// took 25 s beside two programs that only looked).
const script =
  'exec 8>>"$1.turn" 9>>"$1" && flock -x -w "$3" 8 && flock "$2" -w "$3" 9 && exec 8>&- && ' +
  'echo locked && { read -r line || sleep 5; }';

/**
 * Does something while no process of this host does what excludes it; null if
 * it could not begin in time. Sizes of checkpoints are asked `shared`, a point
 * is begun and a checkpoint deleted `alone`, because of what was seen with
 * libvirt 9.0 and QEMU 7.2: asked while a checkpoint is deleted, libvirtd reads
 * the freed one and dies (qemuCheckpointGetXMLDesc); asked while a job opens
 * its scratch image, QEMU dies, and the guest with it (qcow2_get_specific_info).
 */
export async function withMonitorLock<T>(
  runDir: string,
  mode: 'shared' | 'alone',
  work: () => Promise<T>,
): Promise<T | null> {
  // One file for all of root's, whatever runtime directories they have: the libvirt is the same.
  const directory = process.getuid?.() === 0 ? '/run' : runDir;
  try {
    await mkdir(directory, { recursive: true, mode: 0o711 });
  } catch {
    return null;
  }
  const flag = mode === 'shared' ? '-s' : '-x';
  const file = join(directory, 'holdfast-monitor.lock');
  const lock = startGuard(script, [file, flag, String(waitSeconds)], {});
  if (!(await lock.heard('locked'))) return null;
  try {
    return await work();
  } finally {
    lock.tell('done');
    lock.leave();
  }
}

/** What was not done because the lock was not had. */
export function monitorBusy(what: string) {
  return fail({
    code: 'monitor-busy',
    message: `${what}: another process of this host was at the checkpoints for ${waitSeconds} s.`,
  });
}
