import { readFileSync } from 'node:fs';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { run } from '../process/run.ts';

/**
 * Serves a qcow2 chain read-only on a unix socket with `qemu-nbd`, as the
 * export `target`. The server is on its own and ends when its last client
 * goes: with the domain that uses it.
 */
export async function serveImage(
  image: string,
  target: string,
  socket: string,
): Promise<Result<void, Failure>> {
  const started = await run({
    program: 'qemu-nbd',
    args: [
      '--read-only',
      '--fork',
      // Any number of readers, or a domain's second look at its disk would be refused.
      '--shared=0',
      '--format=qcow2',
      `--export-name=${target}`,
      `--socket=${socket}`,
      `--pid-file=${socket}.pid`,
      '--',
      image,
    ],
    timeoutSeconds: 60,
  });
  return started.ok
    ? ok(undefined)
    : fail({
        code: 'not-served',
        message: `${image} could not be served: ${started.error.message}`,
      });
}

/** Ends a server that no client came to. */
export function endServer(socket: string): void {
  let pid: number;
  try {
    pid = Number(readFileSync(`${socket}.pid`, 'utf8'));
    // The pid may be another's by now, even another server's.
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    if (!words.includes(`--socket=${socket}`)) return;
  } catch {
    // No pid file, or no such process: it has ended already.
    return;
  }
  process.kill(pid, 'SIGTERM');
}

/** Makes an empty overlay whose backing is a served image. */
export async function createOverlay(
  overlay: string,
  served: { readonly target: string; readonly socket: string; readonly sizeBytes: number },
): Promise<Result<void, Failure>> {
  // JSON, for libvirt 9.0 takes the path of an nbd+unix URI as it stands, with its escapes (seen).
  const server = { type: 'unix', path: served.socket };
  const file = { driver: 'nbd', server, export: served.target };
  const backing = `json:${JSON.stringify({ driver: 'raw', file })}`;
  const made = await run({
    program: 'qemu-img',
    // -u: a look at the backing would be the server's last client, and end it.
    args: [
      'create',
      '-q',
      '-u',
      '-f',
      'qcow2',
      '-F',
      'raw',
      '-b',
      backing,
      overlay,
      String(served.sizeBytes),
    ],
    timeoutSeconds: 60,
    endsWithUs: true,
  });
  return made.ok ? ok(undefined) : fail(made.error);
}
