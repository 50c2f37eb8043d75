import { fail, ok, type Failure, type Result } from '../model/result.ts';
import { transferData } from './copy-here.ts';
import type { FarEnd, FarListing } from './far-end.ts';
import { farFailure } from './far-failure.ts';
import { findThere } from './far-find.ts';
import { hashThere } from './far-hash.ts';
import { runThere, syncAll, type FarShell } from './far-shell.ts';
import { placeOf } from './mirror-place.ts';
import type { OpenRsync } from './mirror.ts';
import { parseRsyncDirectories, parseRsyncList } from './rsync-output.ts';
import { placeArgument, pullSmall, runRsync, transfer, type RsyncPlace } from './rsync-run.ts';
import { sshWords } from './ssh-words.ts';
import { parseRsyncTarget } from './target.ts';

/**
 * Opens a mirror that rsync reaches: a directory of this host, or one behind
 * ssh. Starts nothing. Failures: `bad-target`, `bad-path`, `not-supported`.
 */
export const openRsync: OpenRsync = (settings) => {
  const place = parseRsyncTarget(settings.target);
  if (!place.ok) return place;
  const ssh = sshWords(settings.ssh);
  if (!ssh.ok) return ssh;
  const { name, target, bandwidthBytesPerSecond } = settings;
  const shell: FarShell = { name, target, place: place.value, ssh: ssh.value };
  return ok(placeOf(settings, farEndOf({ shell, bandwidthBytesPerSecond, canSync: true })));
};

// Renames and removals are many small writes; a file system that is synced can take long.
const changeSeconds = 3600;

// Each line two: `from` and `to`. What is renamed already is what was asked for.
const renameScript =
  'IFS= read -r far; cd -- "$far" || exit 1; while IFS= read -r from && IFS= read -r to; do ' +
  'if [ -f "$from" ]; then mv -f -- "$from" "$to" || exit 1; ' +
  `elif [ ! -f "$to" ]; then echo "$from is not there" >&2; exit 1; fi; done; ${syncAll}`;

// A directory that is not empty stays, whatever is in it.
const removeScript =
  'IFS= read -r far; cd -- "$far" || exit 1; while read -r kind path; do case "$kind" in ' +
  'f) rm -f -- "$path" || exit 1;; d) rmdir -- "$path" 2>/dev/null;; esac; done; ' +
  syncAll;

function farEndOf(place: RsyncPlace): FarEnd {
  const { shell } = place;
  const { target } = shell;
  const change = async (text: string, lines: readonly string[], signal: AbortSignal) => {
    const done = await runThere(shell, { text, lines, timeoutSeconds: changeSeconds, signal });
    return done.ok ? ok(undefined) : fail({ code: done.error.code, message: done.error.message });
  };
  return {
    target,
    localRoot: shell.place.kind === 'local' ? shell.place.path : null,
    async list(below, signal) {
      const found = await findThere(shell, below, signal);
      if (found.ok || found.error.code !== 'not-supported') return found;
      return listByRsync(place, below, signal);
    },
    async directories(signal) {
      const args = ['--list-only', '--dirs', '--', placeArgument(shell, '')];
      const done = await runRsync(place, args, { signal });
      if (done.ok) return ok(parseRsyncDirectories(done.value.stdout));
      return fail(farFailure(shell.name, target, done.error));
    },
    pullSmall: (request) => pullSmall(place, request),
    push: (request) => transferData(place, 'push', request),
    pushNew: (request) => transfer(place, 'push-new', request),
    pull: (request) => transferData(place, 'pull', request),
    hash: (request) => hashThere(shell, request),
    rename: (far, renames, signal) =>
      change(renameScript, [far, ...renames.flatMap(({ from, to }) => [from, to])], signal),
    remove: (far, phases, directories, signal) =>
      change(
        removeScript,
        [
          far,
          ...phases.flat().map((path) => `f ${path}`),
          ...directories.map((path) => `d ${path}`),
        ],
        signal,
      ),
  };
}

/** For an account that may only run rsync: no free space, and times in whole seconds. */
async function listByRsync(
  place: RsyncPlace,
  below: string,
  signal: AbortSignal,
): Promise<Result<FarListing, Failure>> {
  const { shell } = place;
  const args = ['--list-only', '--recursive', '--', placeArgument(shell, below)];
  const done = await runRsync(place, args, { signal });
  const listed = done.ok ? done.value.stdout : done.error.stdout;
  // Exit 24: files went while they were listed.
  if (done.ok || done.error.exitCode === 24) {
    return ok({ present: true, files: parseRsyncList(listed), freeBytes: null });
  }
  const failure = farFailure(shell.name, shell.target, done.error);
  if (failure.code !== 'mirror-missing') return fail(failure);
  // Either the root or only our directory in it is not there: the root must be.
  const root = await runRsync(place, ['--list-only', '--dirs', '--', placeArgument(shell, '')], {
    signal,
  });
  if (!root.ok) return fail(farFailure(shell.name, shell.target, root.error));
  return ok({ present: false, files: [], freeBytes: null });
}
