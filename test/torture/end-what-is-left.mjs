import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

// Guards of jobs, and libvirtd with its QEMUs, end a moment after whoever they watch.
const patienceSeconds = 20;

/** Ends processes and mounts that a round left, which all name its temporary directory; what they were. */
export async function endWhatIsLeft(directory) {
  const end = performance.now() + patienceSeconds * 1000;
  while (processesOf(directory).length > 0 && performance.now() < end) await wait(200);
  const left = [];
  for (const { pid, line } of processesOf(directory)) {
    left.push(`process ${pid}: ${line.slice(0, 200)}`);
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended just now.
    }
  }
  // The innermost first.
  for (const place of mountsBelow(directory).toReversed()) {
    left.push(`mount ${place}`);
    execFileSync('umount', ['-l', place]);
  }
  return left;
}

function processesOf(directory) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
        const isOurs = `${line} ${environment}`.includes(directory);
        return isOurs && line !== '' ? [{ pid: Number(name), line }] : [];
      } catch {
        return [];
      }
    });
}

function mountsBelow(directory) {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place.startsWith(`${directory}/`));
}
