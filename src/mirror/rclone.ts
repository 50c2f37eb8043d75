import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { FarEnd } from './far-end.ts';
import { placeOf } from './mirror-place.ts';
import type { OpenRclone } from './mirror.ts';
import { rcloneHash } from './rclone-hash.ts';
import { parseRcloneList } from './rclone-list.ts';
import {
  linesOf,
  rcloneCopy,
  rcloneFailure,
  remotePath,
  runRclone,
  type RclonePlace,
} from './rclone-run.ts';
import { parseRcloneTarget } from './target.ts';

/**
 * Opens a mirror at any remote of rclone (1.60 of Debian 12 is enough). Starts
 * nothing. Failures: `bad-target`, `bad-path`.
 */
export const openRclone: OpenRclone = (settings) => {
  const target = parseRcloneTarget(settings.target);
  if (!target.ok) return target;
  const { name, configFile, bandwidthBytesPerSecond } = settings;
  if (configFile !== null && (!configFile.startsWith('/') || /\p{Cc}/u.test(configFile))) {
    const message = `${JSON.stringify(configFile)} must be an absolute path`;
    return fail({ code: 'bad-path', message });
  }
  const place: RclonePlace = {
    name,
    target: target.value,
    configFile,
    bandwidthBytesPerSecond,
    hashesHere: false,
  };
  return ok(placeOf(settings, farEndOf(place)));
};

// What rclone ends with when a directory is not there (rclone.org/docs/#exit-code).
const noDirectory = 3;

// Small files wait for answers, not for bandwidth.
const smallAtOnce = ['--transfers=16', '--checkers=16'];

function farEndOf(place: RclonePlace): FarEnd {
  return {
    target: place.target,
    localRoot: null,
    async list(below, signal) {
      // The server's own times: S3 would be asked once more for each file's.
      const args = ['lsjson', '-R', '--files-only', '--no-mimetype', '--use-server-modtime'];
      const done = await runRclone(place, [...args, remotePath(place, below)], { signal });
      if (done.ok) return parseRcloneList(place.name, done.value.stdout);
      // Directories come into being with their first file: one that is not there is an empty one.
      if (done.error.exitCode === noDirectory) {
        return ok({ present: false, files: [], freeBytes: null });
      }
      return fail(rcloneFailure(place, done.error));
    },
    async directories(signal) {
      const args = ['lsf', '--dirs-only', '--dir-slash=false', place.target];
      const done = await runRclone(place, args, { signal });
      if (done.ok) return ok(done.value.stdout.split('\n').filter((name) => name !== ''));
      return fail(rcloneFailure(place, done.error));
    },
    async pullSmall(transfer) {
      const done = await rcloneCopy(place, 'pull', transfer, ['--ignore-times', ...smallAtOnce]);
      return done.ok ? ok(undefined) : done;
    },
    push: (transfer) =>
      rcloneCopy(place, 'push', transfer, transfer.compare === 'content' ? ['--ignore-times'] : []),
    pushNew: (transfer) =>
      rcloneCopy(place, 'push', transfer, [
        '--ignore-existing',
        '--transfers=1',
        '--order-by=name,ascending',
      ]),
    pull: (transfer) =>
      rcloneCopy(place, 'pull', transfer, transfer.compare === 'content' ? ['--ignore-times'] : []),
    hash: (request) => rcloneHash(place, request),
    async rename(far, renames, signal) {
      for (const { from, to } of renames) {
        const words = [from, to].map((path) => remotePath(place, `${far}/${path}`));
        const done = await runRclone(place, ['moveto', ...words], { signal });
        if (!done.ok) return fail(rcloneFailure(place, done.error));
      }
      return ok(undefined);
    },
    async remove(far, phases, directories, signal) {
      for (const paths of phases.filter((phase) => phase.length > 0)) {
        const args = ['delete', '--files-from-raw=-', remotePath(place, far)];
        const done = await runRclone(place, args, { input: linesOf(paths), signal });
        if (!done.ok) return fail(rcloneFailure(place, done.error));
      }
      return removeEmpty(place, far, directories, signal);
    },
  };
}

/** Removes what is empty of the directories and below them; object storage has none. */
async function removeEmpty(
  place: RclonePlace,
  far: string,
  directories: readonly string[],
  signal: AbortSignal,
): Promise<Result<void, Failure>> {
  const highest = directories.filter(
    (path) => !directories.some((other) => path.startsWith(`${other}/`)),
  );
  for (const path of highest) {
    const done = await runRclone(place, ['rmdirs', remotePath(place, `${far}/${path}`)], {
      signal,
    });
    if (!done.ok && done.error.exitCode !== noDirectory) {
      return fail(rcloneFailure(place, done.error));
    }
  }
  return ok(undefined);
}
