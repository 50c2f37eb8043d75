import { hashFile } from '../image/hash-file.ts';
import { checkImage } from '../image/qemu-img.ts';
import type { PointFault } from '../model/observed-store.ts';
import type { Manifest } from '../model/point.ts';
import type { Failure } from '../model/result.ts';
import { faultWords } from '../reporter/faults.ts';

/** How thoroughly. */
export type Depth = 'structure' | 'hash';

/** What is wrong with a point's files; empty when nothing is. `path` is the point's directory. */
export async function verifyPoint(
  path: string,
  manifest: Manifest,
  depth: Depth,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const { file } of manifest.disks) {
    const checked = await checkImage(`${path}/${file}`, signal);
    if (!checked.ok) failures.push(checked.error);
  }
  return depth === 'structure'
    ? failures
    : [...failures, ...(await verifyFiles(path, manifest, signal))];
}

/** Which files of a point differ from its manifest, or cannot be read; empty when none do. */
export async function verifyFiles(
  path: string,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  const images = manifest.disks.map(({ file, sha256, fileBytes }) => ({
    file,
    sha256,
    bytes: fileBytes,
  }));
  for (const { file, sha256, bytes } of [...images, ...manifest.files]) {
    const hashed = await hashFile(`${path}/${file}`, { signal, onBytes: () => undefined });
    if (!hashed.ok) failures.push(hashed.error);
    else if (hashed.value.sha256 !== sha256 || hashed.value.bytes !== bytes)
      failures.push({
        code: 'hash-differs',
        message: `${path}/${file} is not what its manifest says: its SHA-256 differs`,
      });
  }
  return failures;
}

/** What a look at the store says of a point already, in words. */
export function knownFault(address: string, fault: PointFault): Failure {
  return { code: fault, message: `${address}: ${faultWords(fault)}` };
}

/** Whether a failure proves damage; anything else means that it could not be told. */
export function isDamage({ code }: Failure): boolean {
  return code === 'image-damaged' || code === 'hash-differs';
}
