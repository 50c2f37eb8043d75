import type { RateLimit } from '../image/rate-limit.ts';
import type { Manifest, ManifestDisk } from '../model/point.ts';
import { fail, type Failure, type Result } from '../model/result.ts';
import type { Depth } from '../model/verification.ts';
import { filesOf } from '../store/manifest.ts';
import type { FileChecks } from './file-checks.ts';

/** What a check found of one file of a point. */
export interface FileFinding extends Failure {
  readonly file: string;
}

/** How a point is checked. */
export interface CheckOptions {
  readonly checks: FileChecks;
  readonly signal: AbortSignal;
  /** Hears of each further part of the files that was read. */
  readonly onBytes?: (bytes: number) => void;
  readonly rateLimit?: RateLimit | null;
  /** The same for what qemu-img reads by itself. */
  readonly rateBytesPerSecond?: number | null;
  /** Hashes only of these files; of all if left out. */
  readonly only?: ReadonlySet<string>;
}

/** What is wrong with a point's files; empty when nothing is. `path` is the point's directory. */
export async function verifyPoint(
  path: string,
  manifest: Manifest,
  depth: Depth,
  options: CheckOptions,
): Promise<readonly FileFinding[]> {
  const { checks, signal } = options;
  const found: FileFinding[] = [];
  for (const { file } of manifest.disks) {
    const checked = await checks.structure(`${path}/${file}`, signal);
    if (!checked.ok) found.push(findingOf(file, checked.error));
  }
  if (depth === 'structure') return found;
  found.push(...(await verifyFiles(path, manifest, options)));
  // What is damaged already is not read through.
  if (depth === 'hash' || found.length > 0) return found;
  for (const disk of manifest.disks) {
    const read = await replayDisk(path, disk, options);
    if (!read.ok) found.push(findingOf(disk.file, read.error));
  }
  return found;
}

/** Which files of a point differ from its manifest, or cannot be read; empty when none do. */
export async function verifyFiles(
  path: string,
  manifest: Manifest,
  { checks, signal, onBytes = () => undefined, rateLimit = null, only }: CheckOptions,
): Promise<readonly FileFinding[]> {
  const found: FileFinding[] = [];
  for (const { file, sha256, bytes } of filesOf(manifest)) {
    if (only?.has(file) === false) continue;
    const hashed = await checks.hash(`${path}/${file}`, { signal, onBytes, rateLimit });
    if (!hashed.ok) found.push(findingOf(file, hashed.error));
    else if (hashed.value.sha256 !== sha256 || hashed.value.bytes !== bytes) {
      const message = `${path}/${file} is not what its manifest says: its SHA-256 differs`;
      found.push({ file, code: 'hash-differs', message });
    }
  }
  return found;
}

async function replayDisk(
  path: string,
  { file, sizeBytes }: ManifestDisk,
  { checks, signal, rateBytesPerSecond = null }: CheckOptions,
): Promise<Result<void, Failure>> {
  const options = { sizeBytes, rateBytesPerSecond, signal };
  const read = await checks.replay(`${path}/${file}`, options);
  if (read.ok || signal.aborted) return read;
  const message = `${path}/${file} cannot be read through its chain: ${read.error.message}`;
  return fail({ code: read.error.code, message });
}

const findingOf = (file: string, { code, message }: Failure): FileFinding => {
  return { file, code, message };
};

/** What of findings proves damage: the first such finding, and all files that it is about; null: nothing does. */
export function damageIn(
  findings: readonly FileFinding[],
): { readonly proof: FileFinding; readonly files: readonly string[] } | null {
  const damage = findings.filter(isDamage);
  const [proof] = damage;
  return proof === undefined
    ? null
    : { proof, files: [...new Set(damage.map(({ file }) => file))] };
}

/** Whether a failure proves damage; anything else means that it could not be told. */
function isDamage({ code }: Failure): boolean {
  return code === 'image-damaged' || code === 'hash-differs';
}
