import { failureOfAbort } from '../model/abort.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { run, type CommandFailure, type Output } from '../process/run.ts';
import { allowsDirectIo } from './direct-io.ts';

/** An image and its format, which is never guessed: a guest can write any header into a raw disk. */
export interface ImageName {
  /** Absolute: QEMU takes whatever is before a colon in another name for a protocol. */
  readonly path: string;
  readonly format: 'qcow2' | 'raw';
}

// Reads metadata only, 250 MiB of it for the worst TiB: longer is a store that hangs.
const checkSeconds = 3600;
/** 60 TiB at 50 MiB/s: a bound for what nobody watches, not an expectation. */
export const copySeconds = 14 * 24 * 3600;

/**
 * Checks the structure of a qcow2 image, and that it and its backing files can
 * be opened. Leaked clusters are no damage. Failures: `image-damaged`, or
 * `qemu-img` if that could not tell.
 */
export async function checkImage(
  path: string,
  signal: AbortSignal,
): Promise<Result<void, Failure>> {
  const leaksOnly = 3;
  const checked = await qemuImg(
    ['check', '-U', '-f', 'qcow2', '--', path],
    [path],
    checkSeconds,
    signal,
  );
  if (checked.ok || checked.error.exitCode === leaksOnly) return ok(undefined);
  const corrupt = 2;
  if (checked.error.exitCode !== corrupt) return checked;
  const faults = checked.error.stdout.trimEnd().split('\n');
  const first = `${checked.error.stderr}\n${faults[0] ?? ''}`.trim().split('\n')[0] ?? '';
  return fail({ code: 'image-damaged', message: `${path}: qemu-img check found damage: ${first}` });
}

/** What is written where. */
export interface ConvertRequest {
  readonly source: ImageName;
  readonly target: ImageName & {
    /** A device, or an image whose content is replaced; else it is created. */
    readonly exists: boolean;
  };
  readonly signal: AbortSignal;
}

/**
 * Writes an image with all that its backing files say into one that stands
 * alone. Direct I/O where the target allows: measured, half the time of a
 * write through the page cache with its fsync. The caller fsyncs and renames.
 */
export async function convertImage(request: ConvertRequest): Promise<Result<void, Failure>> {
  const { source, target, signal } = request;
  const direct = await allowsDirectIo(target.path);
  // Out of order, 16 requests under way: twice the default's speed (4-engine-libvirt.md).
  const how = ['-U', '-W', '-m', '16', '-f', source.format, '-O', target.format];
  if (direct) how.push('-t', 'none');
  if (target.exists) how.push('-n');
  const args = ['convert', ...how, '--', source.path, target.path];
  const converted = await qemuImg(args, [source.path, target.path], copySeconds, signal);
  return converted.ok ? ok(undefined) : converted;
}

/** The failure of a call, with what the program printed before it. */
export interface CallFailure extends Failure {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs qemu-img; the paths among its arguments are checked to be nothing else. */
export async function qemuImg(
  args: readonly string[],
  paths: readonly string[],
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<Result<Output, CallFailure>> {
  // QEMU's own rule for names: no protocol before the first slash.
  const relative = paths.find((path) => !path.startsWith('/') || path.includes('\0'));
  if (relative !== undefined) {
    const message = `"${relative}" is not the absolute path of an image`;
    return fail({ code: 'bad-path', message, exitCode: null, stdout: '', stderr: '' });
  }
  const called = await run({
    program: 'qemu-img',
    args,
    timeoutSeconds,
    signal,
    endsWithUs: true,
  });
  return called.ok ? called : fail(callFailure(called.error, paths, signal));
}

function callFailure(
  error: CommandFailure,
  paths: readonly string[],
  signal: AbortSignal,
): CallFailure {
  const { exitCode, stdout, stderr } = error;
  if (signal.aborted) return { ...failureOfAbort(signal, 'qemu-img'), exitCode, stdout, stderr };
  const full = /No space left on device|Disk quota exceeded|File too large/.test(stderr);
  const target = paths.at(-1) ?? '';
  return full
    ? {
        code: 'store-full',
        message: `${target}: no space left to write it`,
        exitCode,
        stdout,
        stderr,
      }
    : { code: 'qemu-img', message: `${error.message} (${target})`, exitCode, stdout, stderr };
}
