import { ok, type Failure, type Result } from '../model/result.ts';
import { copySeconds, qemuImg } from './qemu-img.ts';

/**
 * Reads an image from end to end with all that its backing files say, as a
 * restore does, and writes it nowhere. What cannot be read through the chain is
 * the failure `qemu-img`. The rate is of the guest's data, null for no limit.
 */
export async function replayImage(
  path: string,
  {
    sizeBytes,
    rateBytesPerSecond,
    signal,
  }: {
    readonly sizeBytes: number;
    readonly rateBytesPerSecond: number | null;
    readonly signal: AbortSignal;
  },
): Promise<Result<void, Failure>> {
  const rate = rateBytesPerSecond === null ? [] : ['-r', `${Math.ceil(rateBytesPerSecond)}`];
  // A target that takes all and keeps nothing; -n, for there is nothing to create.
  const target = `driver=null-co,size=${sizeBytes}`;
  const how = ['-U', '-n', '-m', '16', ...rate, '-f', 'qcow2', '--target-image-opts'];
  const read = await qemuImg(['convert', ...how, '--', path, target], [path], copySeconds, signal);
  return read.ok ? ok(undefined) : read;
}
