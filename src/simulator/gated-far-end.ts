import type { FarEnd, FarListing, Transfer } from '../mirror/far-end.ts';
import type { LocalFiles } from '../mirror/local-files.ts';
import type { Transferred } from '../mirror/mirror.ts';
import { partialName } from '../mirror/rsync-run.ts';
import { hashOfText } from '../model/canonical.ts';
import { fail, ok, type Failure, type Result } from '../model/result.ts';
import type { Lie } from './fault.ts';
import type { Gate } from './gate.ts';
import { pathsOf, type FarContent, type ModelMirror } from './model-mirror.ts';

const lost: Failure = { code: 'mirror-unreachable', message: 'the connection is lost' };
const full: Failure = { code: 'mirror-full', message: 'no space is left there' };

/**
 * A far end as rsync reaches one: files by name, those of the same size and time left alone, parts
 * kept apart, renames and removals one by one. Each call can fail before it, after it, or half-way.
 */
export function gatedFarEnd(
  gate: Gate,
  mirror: ModelMirror,
  local: LocalFiles,
  lies: ReadonlySet<Lie>,
): FarEnd {
  const shown = (): ReadonlyMap<string, FarContent> => shownFiles(mirror, lies);
  /** `share`: of the work, how much is done before it breaks off. */
  const calling = <T>(place: string, effect: (share: number) => Result<T, Failure>) =>
    gate.call<Result<T, Failure>>(
      `mirror.${place}`,
      () => (mirror.isAway || lies.has('mirror-fails') ? fail(lost) : effect(1)),
      (how) => {
        if (how !== 'before' && !mirror.isAway) effect(how === 'half' ? 0.5 : 1);
        return fail(lost);
      },
      'mirrors',
    );
  const looks: Pick<FarEnd, 'list' | 'directories' | 'pullSmall' | 'hash'> = {
    list: (from) => calling('list', () => ok(listing(mirror, shown(), from))),
    directories: () =>
      calling('directories', () => {
        const names = [...shown().keys()].map((path) => path.split('/')[0] ?? '');
        return ok([...new Set(names)]);
      }),
    pullSmall: (request) =>
      calling('pull-small', () => {
        for (const path of request.paths) {
          const found = shown().get(below(request.far, path));
          if (found !== undefined) local.write(`${request.local}/${path}`, found.text);
        }
        return ok(undefined);
      }),
    hash: ({ far, paths, onPath }) =>
      calling('hash', () => {
        const hashes = new Map<string, string>();
        for (const path of paths) {
          onPath(path);
          const found = shown().get(below(far, path));
          if (found !== undefined) hashes.set(path, hashOfText(found.text));
        }
        return ok({ hashes, at: 'far-end' as const });
      }),
  };
  return {
    target: `far:/${mirror.name}`,
    localRoot: null,
    ...looks,
    push: (request) => calling('push', (share) => send(gate, mirror, request, share, false)),
    pushNew: (request) => calling('push-new', (share) => send(gate, mirror, request, share, true)),
    pull: (request) => calling('pull', (share) => bring(mirror, local, request, share)),
    rename: (far, renames) =>
      calling('rename', (share) => {
        for (const { from, to } of firstOf(renames, share)) {
          const found = mirror.files.get(below(far, from));
          if (found === undefined) continue;
          mirror.files.set(below(far, to), found);
          mirror.files.delete(below(far, from));
        }
        return ok(undefined);
      }),
    remove: (far, phases) =>
      calling('remove', (share) => {
        for (const path of firstOf(phases.flat(), share)) mirror.files.delete(below(far, path));
        return ok(undefined);
      }),
  };
}

const nothing: FarContent = { text: '', time: 0 };

const below = (far: string, path: string): string => (far === '' ? path : `${far}/${path}`);

/** A directory there, as it shows itself. */
function listing(
  { isFull }: ModelMirror,
  files: ReadonlyMap<string, FarContent>,
  from: string,
): FarListing {
  const paths = pathsOf(files, from);
  return {
    present: paths.length > 0,
    files: paths.map((path) => {
      const { text, time } = files.get(below(from, path)) ?? nothing;
      return { path, kind: 'file', bytes: Buffer.byteLength(text), version: String(time) };
    }),
    freeBytes: isFull ? 0 : 2 ** 40,
  };
}

const firstOf = <T>(all: readonly T[], share: number): readonly T[] =>
  all.slice(0, Math.floor(all.length * share));

/** What a look finds: the files, or what somebody takes for them. */
function shownFiles(
  { files, late }: ModelMirror,
  lies: ReadonlySet<Lie>,
): ReadonlyMap<string, FarContent> {
  if (lies.has('mirror-empty')) return new Map();
  if (lies.has('mirror-stale')) return late;
  if (!lies.has('mirror-hollow')) return files;
  // A share of which only the top is mounted: the markers are there.
  return new Map([...files].filter(([path]) => path.split('/').length === 2));
}

/** Sends files in their order; where it breaks off, the next one is there in part, and apart. */
function send(
  { host }: Gate,
  mirror: ModelMirror,
  { local, far, paths, compare, onBytes }: Transfer,
  share: number,
  onlyNew: boolean,
): Result<Transferred, Failure> {
  let [files, bytes] = [0, 0];
  const whole = firstOf(paths, mirror.isFull ? 0 : share);
  for (const path of paths) {
    const from = host.realPath(`${local}/${path}`);
    const look = host.files.look(from);
    if (look === null) return fail({ code: 'file-missing', message: `${path} is not there` });
    const text = host.files.read(from);
    const to = below(far, path);
    const there = mirror.files.get(to);
    const isSame =
      there !== undefined &&
      (onlyNew ||
        there.text === text ||
        (compare === 'quick' && there.text.length === text.length && there.time === look.inode));
    if (isSame) continue;
    const end = to.lastIndexOf('/');
    const part = `${to.slice(0, end)}/${partialName}/${to.slice(end + 1)}`;
    if (!whole.includes(path)) {
      if (!onlyNew && whole.length < paths.length) {
        mirror.files.set(part, { text: text.slice(0, text.length >> 1), time: look.inode });
      }
      return fail(mirror.isFull ? full : lost);
    }
    // Only that one (seen: rsync leaves what else lies there).
    mirror.files.delete(part);
    mirror.files.set(to, { text, time: look.inode });
    files += 1;
    bytes += text.length;
    onBytes(text.length);
  }
  return ok({ files, bytes, durability: 'synced' });
}

function bring(
  { files }: ModelMirror,
  local: LocalFiles,
  { local: into, far, paths, onBytes }: Transfer,
  share: number,
): Result<Transferred, Failure> {
  let [count, bytes] = [0, 0];
  for (const path of firstOf(paths, share)) {
    const found = files.get(below(far, path));
    if (found === undefined) return fail({ code: 'file-missing', message: `${path} is not there` });
    local.write(`${into}/${path}`, found.text);
    count += 1;
    bytes += found.text.length;
    onBytes(found.text.length);
  }
  return ok({ files: count, bytes, durability: 'synced' });
}
