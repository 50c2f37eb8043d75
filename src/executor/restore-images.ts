import { dirname, join } from 'node:path';
import type { Restore, RestoreImage } from '../model/action.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { during } from './not-done.ts';
import { onHost } from './on-host.ts';
import { type Prepared, temporaryOf } from './restore-swap.ts';
import type { Tools } from './tools.ts';

/** Writes every image that goes to a file beside its place, whole and fsynced. */
export async function prepareImages(
  action: Restore,
  tools: Tools,
  progress: (bytes: number) => void,
): Promise<Result<readonly Prepared[], Failure>> {
  const { files } = tools.drivers;
  const prepared: Prepared[] = [];
  for (const image of action.images) {
    const { to, toKind, asideAs } = image;
    if (toKind === 'block') continue;
    const temporary = temporaryOf(to, tools);
    const made = await makeDirectoryOf(to, tools);
    const written = made.ok ? await writeImage(action, image, temporary, tools, progress) : made;
    const lasting = written.ok
      ? await onHost(`Finishing ${temporary}`, () => files.makeLasting(temporary, to))
      : written;
    if (!lasting.ok) return lasting;
    prepared.push({ to, aside: asideAs, temporary });
  }
  return ok(prepared);
}

/** Makes the directory that something goes to; QEMU's user has to pass through it, and nobody has to list it. */
export function makeDirectoryOf(path: string, { drivers }: Tools): Promise<Result<void, Failure>> {
  const directory = dirname(path);
  return onHost(`Making ${directory}`, () => drivers.files.makeLastingDirectory(directory));
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
  const writing = tools.drivers.pointImages.convert({
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
  { drivers, signal }: Pick<Tools, 'drivers' | 'signal'>,
  progress: (bytes: number) => void,
): Promise<Result<void, Failure>> {
  for (const { path, sha256 } of image.layers) {
    const hashed = await drivers.checks.hash(join(action.store.path, path), {
      signal,
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
