import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { hashFile } from '../image/hash-file.ts';
import { convertImage } from '../image/qemu-img.ts';
import type { Restore, RestoreImage } from '../model/action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { attempt } from '../store/attempt.ts';
import { during } from './not-done.ts';
import { type Prepared, syncDirectory, temporaryOf } from './restore-swap.ts';
import type { Tools } from './tools.ts';

/**
 * Writes every image that goes to a file beside its place, whole and fsynced.
 * On a failure nothing of it is left.
 */
export async function prepareImages(
  action: Restore,
  tools: Tools,
  progress: (bytes: number) => void,
): Promise<Result<readonly Prepared[], Failure>> {
  const prepared: Prepared[] = [];
  for (const image of action.images) {
    if (image.toKind === 'block') continue;
    const temporary = temporaryOf(image.to, tools);
    const made = makeDirectoryOf(image.to);
    if (made.ok) prepared.push({ to: image.to, aside: image.asideAs, temporary });
    const written = made.ok ? await writeImage(action, image, temporary, tools, progress) : made;
    if (!written.ok) {
      dropPrepared(prepared);
      return written;
    }
    const lasting = makeLasting(image.to, temporary);
    if (!lasting.ok) {
      dropPrepared(prepared);
      return lasting;
    }
  }
  return ok(prepared);
}

/** Makes the directory that an image goes to; QEMU's user has to pass through it, and nobody has to list it. */
export function makeDirectoryOf(path: string): Result<void, Failure> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
    return ok(undefined);
  } catch (error) {
    const message = `${dirname(path)} could not be made: ${String(error)}`;
    return fail({ code: 'no-directory', message });
  }
}

/** Removes what was written and not put in place. */
export function dropPrepared(prepared: readonly Prepared[]): void {
  for (const { temporary } of prepared) rmSync(temporary, { recursive: true, force: true });
}

/** The hashes are made while the image is written; a wrong one fails the image, which nobody has seen yet. */
async function writeImage(
  action: Restore,
  image: RestoreImage,
  temporary: string,
  tools: Tools,
  progress: (bytes: number) => void,
): Promise<Result<void, Failure>> {
  // Whoever fails first stops the other.
  const stop = new AbortController();
  const signal = AbortSignal.any([tools.signal, stop.signal]);
  const writing = convertImage({
    source: { path: newestLayer(action, image), format: 'qcow2' },
    target: { path: temporary, format: image.format, exists: false },
    signal,
  });
  const [checked, written] = await Promise.all([
    stopping(checkLayers(action, image, { ...tools, signal }, progress), stop),
    stopping(writing, stop),
  ]);
  if (!checked.ok && checked.error.code !== 'canceled') return checked;
  if (!written.ok) return fail(during(`Writing ${image.to}`, written.error));
  return checked.ok ? ok(undefined) : checked;
}

async function stopping<T>(
  work: Promise<Result<T, Failure>>,
  stop: AbortController,
): Promise<Result<T, Failure>> {
  const result = await work;
  if (!result.ok) stop.abort();
  return result;
}

/** Compares every image of the chain with its manifest's hash. */
export async function checkLayers(
  action: Restore,
  image: RestoreImage,
  tools: Pick<Tools, 'signal'>,
  progress: (bytes: number) => void,
): Promise<Result<void, Failure>> {
  for (const { path, sha256 } of image.layers) {
    const hashed = await hashFile(join(action.store.path, path), {
      signal: tools.signal,
      onBytes: progress,
    });
    if (!hashed.ok) return fail(during(`Reading ${path}`, hashed.error));
    if (hashed.value.sha256 !== sha256) {
      return fail({
        code: 'hash-differs',
        message: `${path} is not what was written: its SHA-256 is ${hashed.value.sha256}, its manifest says ${sha256}. Restore an older point, or one of another copy.`,
      });
    }
  }
  return ok(undefined);
}

/** The image of the chosen point, whose backing files are the rest of the chain. */
export function newestLayer(action: Restore, image: RestoreImage): string {
  const [newest] = image.layers;
  if (newest === undefined) throw new Error(`A restore of ${image.target} without images`);
  return join(action.store.path, newest.path);
}

/** One count over all layers of all images. */
export function progressOf(action: Restore, tools: Tools): (bytes: number) => void {
  const total = action.images.reduce(
    (sum, { layers }) => sum + layers.reduce((all, { bytes }) => all + bytes, 0),
    0,
  );
  let done = 0;
  return (bytes) => {
    done += bytes;
    tools.log.progress(done, total);
  };
}

/**
 * Gives a file that was written its owner and mode, and makes it durable with
 * its name: whoever could read the old one can read the new.
 */
export function makeLasting(old: string, fresh: string): Result<void, Failure> {
  return attempt(`Finishing ${fresh}`, () => {
    const stat = statSync(old, { throwIfNoEntry: false });
    chmodSync(fresh, stat === undefined ? 0o600 : stat.mode & 0o7777);
    if (stat !== undefined) chownSync(fresh, stat.uid, stat.gid);
    syncFile(fresh);
    syncDirectory(fresh);
    return ok(undefined);
  });
}

/** Makes the content of a file, or a device, durable. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
