import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { roomThere } from '../../src/mirror/far-find.ts';
import type { Mirror, SshSettings } from '../../src/mirror/mirror.ts';
import { openRsync } from '../../src/mirror/rsync.ts';
import { sshWords } from '../../src/mirror/ssh-words.ts';
import { parseRsyncTarget } from '../../src/mirror/target.ts';
import {
  copyOf,
  lookAt,
  pointsIn,
  temporaryDirectory,
  requestOf,
  writeChain,
} from '../mirror/fixture.ts';
import { chainOn, failureOf, must, theStore } from '../store/fixture.ts';
import { bytesOnTheWay, farDirectory, farUser, startSshd, type FarHost } from './mirror-servers.ts';

const directory = mkdtempSync(join(tmpdir(), 'hf-mirror-faults-'));
let host: FarHost;

beforeAll(async () => {
  host = await startSshd(directory, 17_422);
});

afterAll(async () => {
  await host.stop();
  rmSync(directory, { recursive: true, force: true });
});

const mebibyte = 1024 ** 2;
const signal = new AbortController().signal;

/** A store with two points, and a mirror of this account at a path of the far end. */
function world(
  path: string,
  options: {
    readonly ssh?: Partial<SshSettings>;
    readonly bytes?: number;
    readonly rate?: number;
  } = {},
) {
  const dir = temporaryDirectory();
  const [storePath, stateDir] = [join(dir.path, 'store'), join(dir.path, 'state')];
  mkdirSync(storePath);
  const points = writeChain(storePath, chainOn(1), 2, { bytes: options.bytes ?? 1000 });
  const { identityFile, knownHosts, port } = host;
  const target = `${farUser}@127.0.0.1:${path}`;
  const opened = openRsync({
    name: 'nas',
    target,
    bandwidthBytesPerSecond: options.rate ?? null,
    deletes: 'allowed',
    stateDir,
    ssh: { identityFile, knownHosts, port, ...options.ssh },
  });
  return { ...dir, storePath, stateDir, points, target, mirror: must(opened).of(theStore) };
}

async function whyUnseen(mirror: Mirror): Promise<string> {
  const seen = await mirror.observe({ signal });
  return seen.seen ? 'seen' : `${seen.failure.code}: ${seen.failure.message}`;
}

it('an unknown host key, a wrong key, a closed port and a strange name, each in one sentence', async () => {
  const root = farDirectory(join(host.home, 'plain'));
  const empty = join(directory, 'empty');
  writeFileSync(empty, '');
  using strange = world(root, { ssh: { knownHosts: empty } });
  const [where] = [`mirror nas (${strange.target})`];
  expect(await whyUnseen(strange.mirror)).toBe(
    `host-key-unknown: ${where}: Host key verification failed; check the far end’s host key and put it into the known-hosts file`,
  );
  const key = join(directory, 'other');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  using stranger = world(root, { ssh: { identityFile: key } });
  expect(await whyUnseen(stranger.mirror)).toBe(
    `permission: ${where}: ${farUser}@127.0.0.1: Permission denied (publickey,keyboard-interactive); the account there does not accept this key; check user and identity file`,
  );
  using closed = world(root, { ssh: { port: 17_499 } });
  expect(await whyUnseen(closed.mirror)).toBe(
    `mirror-unreachable: ${where}: ssh: connect to host 127.0.0.1 port 17499: Connection refused; check that it is running and the network to it`,
  );
  expect(failureOf(await closed.mirror.copy(copyOf(closed.storePath, closed.points))).code).toBe(
    'mirror-unreachable',
  );
});

it('a root that is not there, and one that may not be read', async () => {
  using missing = world(join(host.home, 'nothing'));
  const where = `mirror nas (${missing.target})`;
  expect(await whyUnseen(missing.mirror)).toBe(
    `mirror-missing: ${where}: ${host.home}/nothing is not there; mount its disk or make the directory`,
  );
  const copied = await missing.mirror.copy(copyOf(missing.storePath, missing.points));
  expect(failureOf(copied)).toEqual({
    code: 'mirror-missing',
    message: `${where}: rsync: [sender] change_dir "${host.home}/nothing/" failed: No such file or directory (2); mount its disk or make the directory`,
  });
  const closed = join(host.home, 'closed');
  mkdirSync(closed, { mode: 0o755, recursive: true });
  using readable = world(closed);
  const refused = failureOf(
    await readable.mirror.copy(copyOf(readable.storePath, readable.points)),
  );
  expect(refused).toMatchObject({ code: 'permission' });
  // The receiver's words do not always get through; the place tells it too.
  const shell = {
    name: 'nas',
    target: readable.target,
    place: must(parseRsyncTarget(readable.target)),
    ssh: must(
      sshWords({ identityFile: host.identityFile, knownHosts: host.knownHosts, port: host.port }),
    ),
  };
  expect(await roomThere(shell, 'domain/x', signal)).toEqual({
    freeBytes: expect.any(Number),
    closed,
  });
  const open = { ...shell, place: { ...shell.place, path: host.home } };
  expect(await roomThere(open, 'closed', signal)).toMatchObject({ closed });
  expect(await roomThere(open, 'nothing', signal)).toMatchObject({ closed: null });
});

it('a far end that fills up keeps what it has, and the copy is gone on with', async () => {
  const root = farDirectory(join(host.home, 'small'));
  host.inside('mount', '-t', 'tmpfs', '-o', 'size=3m', 'hf-mirror', root);
  try {
    host.inside('chown', farUser, root);
    using w = world(root, { bytes: 2 * mebibyte });
    const full = failureOf(await w.mirror.copy(copyOf(w.storePath, w.points)));
    expect(full).toMatchObject({ code: 'mirror-full' });
    expect(full.message).toMatch(
      /(?:No space left on device \(28\)|bytes are left there, and the copy ended); make room there; the copy is then gone on with$/,
    );
    const content = await lookAt(w.mirror);
    expect(pointsIn(content)).toEqual([]);
    host.inside('mount', '-o', 'remount,size=8m', root);
    must(await w.mirror.copy(copyOf(w.storePath, w.points)));
    expect(pointsIn(await lookAt(w.mirror))).toHaveLength(2);
    host.inside('mount', '-o', 'remount,ro', root);
    expect(
      failureOf(await w.mirror.hide({ ...requestOf(w.points), at: '2026-11-25T02:00:00.000Z' }))
        .code,
    ).toBe('permission');
  } finally {
    host.inside('umount', '-l', root);
  }
});

it('a link that drops leaves no point, and what has arrived does not travel again', async () => {
  const root = farDirectory(join(host.home, 'dropped'));
  using w = world(root, { bytes: 8 * mebibyte, rate: 4 * mebibyte });
  const copying = w.mirror.copy(copyOf(w.storePath, w.points));
  await expect.poll(() => bytesOnTheWay(root), { interval: 20 }).toBeGreaterThan(mebibyte);
  host.dropSessions();
  const dropped = failureOf(await copying);
  expect(dropped.code).toBe('mirror-unreachable');
  await expect.poll(() => host.sessions()).toEqual([]);
  const content = await lookAt(w.mirror);
  expect(pointsIn(content)).toEqual([]);
  expect(content.unreadable).toEqual([]);
  let heard = 0;
  const onBytes = (bytes: number): void => void (heard += bytes);
  must(await w.mirror.copy({ ...copyOf(w.storePath, w.points), onBytes }));
  expect(pointsIn(await lookAt(w.mirror))).toHaveLength(2);
  const found = must(await w.mirror.verify({ ...requestOf(w.points), onBytes: () => undefined }));
  expect(found.points.flatMap(({ bad }) => bad)).toEqual([]);
});

it('a copy that is stopped ends soon, and says so', async () => {
  const root = farDirectory(join(host.home, 'stopped'));
  using w = world(root, { bytes: 8 * mebibyte, rate: mebibyte });
  const stop = new AbortController();
  const copying = w.mirror.copy({ ...copyOf(w.storePath, w.points), signal: stop.signal });
  setTimeout(() => stop.abort(), 1500);
  expect(failureOf(await copying)).toEqual({
    code: 'canceled',
    message: `mirror nas (${w.target}): stopped`,
  });
});

it('an account that may only run rsync can be copied to and looked at', async () => {
  const root = farDirectory(join(host.home, 'rsync-only'));
  const authorized = join(host.home, '.ssh/authorized_keys');
  const key = execFileSync('cat', [authorized], { encoding: 'utf8' });
  const only =
    'command="case \\"$SSH_ORIGINAL_COMMAND\\" in rsync*) eval exec \\"$SSH_ORIGINAL_COMMAND\\";; *) echo SSH_ORIGINAL_COMMAND does not run rsync >&2; exit 1;; esac"';
  writeFileSync(authorized, `${only} ${key}`);
  try {
    using w = world(root);
    expect(await lookAt(w.mirror)).toMatchObject({ kind: 'blank' });
    must(await w.mirror.copy(copyOf(w.storePath, w.points)));
    const content = await lookAt(w.mirror);
    expect(pointsIn(content)).toHaveLength(2);
    expect(content.freeBytes).toBeNull();
    const verified = await w.mirror.verify({ ...requestOf(w.points), onBytes: () => undefined });
    expect(failureOf(verified).code).toBe('not-supported');
  } finally {
    writeFileSync(authorized, key);
  }
});

it('a symbolic link at the mirror is not followed', async () => {
  const root = farDirectory(join(host.home, 'linked'));
  using w = world(root);
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  const domains = join(root, theStore, 'domains');
  execFileSync('ln', ['-s', '/etc', join(domains, 'db1')]);
  const content = await lookAt(w.mirror);
  expect(content.unreadable).toMatchObject([{ path: 'domains/db1', code: 'symlink' }]);
  expect(pointsIn(content)).toHaveLength(2);
});
