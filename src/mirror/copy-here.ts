import { join } from 'node:path';
import { copyFile } from '../image/copy-file.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Transfer } from './far-end.ts';
import type { Transferred } from './mirror.ts';
import { partialName, transfer, type RsyncPlace } from './rsync-run.ts';

// Below it rsync, which takes all of them in one process, is faster than two threads for each.
const minBytes = 16 * 1024 ** 2;

/**
 * Data between this host and a place. To and from a directory of this host, a large file that is not there yet
 * goes past the page cache: a buffered copy with its fsync took three times as long (ext4 on a virtual disk), and
 * what the guests need stays cached. All else is rsync's: files that differ, parts that were left, limits of speed,
 * and whatever cannot be copied so, for rsync says why.
 */
export async function transferData(
  place: RsyncPlace,
  direction: 'push' | 'pull',
  request: Transfer,
): Promise<Result<Transferred, Failure>> {
  const { shell, bandwidthBytesPerSecond } = place;
  if (shell.place.kind !== 'local' || bandwidthBytesPerSecond !== null) {
    return transfer(place, direction, request);
  }
  const far = join(shell.place.path, request.far);
  const [from, root] = direction === 'push' ? [request.local, far] : [far, request.local];
  // The root of a mirror that is not there is not made; our directory in it may be.
  const [anchor, below] = direction === 'push' ? [shell.place.path, request.far] : [root, ''];
  const copied = new Set<string>();
  let sum = 0;
  for (const path of request.paths) {
    const expected = request.expected?.get(path);
    if (expected === undefined || expected.bytes < minBytes) continue;
    const one = await copyFile({
      from: join(from, path),
      root: anchor,
      path: join(below, path),
      partialName,
      sha256: expected.sha256,
      onBytes: request.onBytes,
      signal: request.signal,
    });
    if (!one.ok) {
      if (one.error.code !== 'hash-differs') break;
      const { code, message } = one.error;
      return fail({ code, message: `mirror ${shell.name} (${shell.target}): ${message}` });
    }
    if (one.value === null) continue;
    copied.add(path);
    sum += one.value;
  }
  const paths = request.paths.filter((path) => !copied.has(path));
  if (paths.length === 0) return ok({ files: copied.size, bytes: sum, durability: 'synced' });
  const rest = await transfer(place, direction, { ...request, paths });
  if (!rest.ok) return rest;
  const { files, bytes, durability } = rest.value;
  return ok({ files: files + copied.size, bytes: bytes + sum, durability });
}
