import { fail, ok } from '../model/result.ts';
import type { FarEnd } from './far-end.ts';
import { linesOf, rcloneFailure, remotePath, runRclone, type RclonePlace } from './rclone-run.ts';

const lineForm = /^([0-9a-f]{64}) {2}(.*)$/;

/**
 * SHA-256 of files: made by the remote where it can, else here of the data as
 * it is read. Which of the two is learned once.
 */
export async function rcloneHash(
  place: RclonePlace,
  request: Parameters<FarEnd['hash']>[0],
): ReturnType<FarEnd['hash']> {
  const { far, paths, onPath, rateBytesPerSecond, signal } = request;
  const hashes = new Map<string, string>();
  let tail = '';
  const hear = (text: string): void => {
    const lines = `${tail}${text}`.split('\n');
    tail = lines.pop() ?? '';
    for (const line of lines) {
      const [, hash, path] = lineForm.exec(line) ?? [];
      if (hash === undefined || path === undefined) continue;
      hashes.set(path, hash);
      onPath(path);
    }
  };
  const how = place.hashesHere ? ['--download'] : [];
  const args = ['hashsum', 'sha256', '--files-from-raw=-', ...how, remotePath(place, far)];
  const limits = [place.bandwidthBytesPerSecond, place.hashesHere ? rateBytesPerSecond : null];
  const known = limits.filter((limit) => limit !== null);
  const bandwidthBytesPerSecond = known.length === 0 ? null : Math.min(...known);
  const done = await runRclone({ ...place, bandwidthBytesPerSecond }, args, {
    input: linesOf(paths),
    signal,
    hear: { from: 'stdout', hear },
  });
  const said = done.ok ? done.value : done.error;
  if (!place.hashesHere && /hash type not supported|UNSUPPORTED/.test(said.stderr + said.stdout)) {
    place.hashesHere = true;
    return rcloneHash(place, request);
  }
  // Not even what was hashed counts: a connection that is lost makes no file bad.
  if (!done.ok) return fail(rcloneFailure(place, done.error));
  return ok({ hashes, at: place.hashesHere ? 'here' : 'far-end' });
}
