import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutSickDisks } from './sick-disk.ts';

const command = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** The account at the far end: no root, and a shell. It is in no file of this host, only in what sshd sees. */
export const farUser = 'hfmirror';
// Above what Debian gives to people and services.
const farId = '64321';

/** Something that was started, and its end. */
export interface Server {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a program that listens on a port of loopback, and waits till it does. */
async function startServer(
  port: number,
  log: string,
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
  isReady: () => boolean | Promise<boolean> = () => listens(port),
): Promise<Server & { readonly child: ChildProcess }> {
  const output = openSync(log, 'a');
  // Variables of this shell, such as a CA bundle, are not for the server.
  const child = spawn(program, args, {
    stdio: ['ignore', output, output],
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, ...env },
  });
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  for (let turn = 0; !(await isReady()); turn += 1) {
    if (turn > 1200 || child.exitCode !== null) {
      throw new Error(`${program} does not listen: ${readFileSync(log, 'utf8')}`);
    }
    await sleep(100);
  }
  return {
    port,
    child,
    async stop() {
      if (child.exitCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Ports of loopback that nobody listens on. */
async function freePorts(count: number): Promise<readonly number[]> {
  // All held at once, or two of them could be the same.
  const held = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(held.map((server) => once(server, 'listening')));
  const ports = held.flatMap((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? [address.port] : [];
  });
  await Promise.all(held.map((server) => once(server.close(), 'close')));
  return ports;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** An sshd of our own on loopback, and all that reaches it. */
export interface FarHost extends Server {
  readonly address: string;
  readonly home: string;
  readonly identityFile: string;
  readonly knownHosts: string;
  /** Runs a program as the far end sees its files: what is mounted here is not seen there. */
  inside(...words: readonly string[]): void;
  /** Pids of the sessions' processes. */
  sessions(): readonly number[];
  /** Ends them all: a link that drops. */
  dropSessions(): void;
}

/** Where sshd is, if not on loopback. */
export interface FarNetwork {
  readonly address: string;
  /** The first words of a command line that has that network. */
  readonly inside: readonly string[];
}

/** Starts sshd on a port, with one account that may log in; `more` of its configuration. */
export async function startSshd(
  directory: string,
  port: number,
  network: FarNetwork = { address: '127.0.0.1', inside: [] },
  more: readonly string[] = [],
): Promise<FarHost> {
  const { address } = network;
  const ssh = join(directory, 'ssh files');
  mkdirSync(ssh, { recursive: true });
  // /tmp is open to all; what is made in it is not, and the account must pass.
  chmodSync(directory, 0o755);
  mkdirSync('/run/sshd', { recursive: true });
  const home = join(directory, 'home');
  mkdirSync(home);
  const accounts = {
    passwd: [
      'root:x:0:0:root:/root:/bin/sh',
      'sshd:x:64320:65534::/run/sshd:/usr/sbin/nologin',
      `${farUser}:x:${farId}:${farId}::${home}:/bin/sh`,
    ],
    shadow: ['root:*:19000:0:99999:7:::', `${farUser}:*:19000:0:99999:7:::`],
    group: ['root:x:0:', `${farUser}:x:${farId}:`],
  };
  for (const [name, lines] of Object.entries(accounts)) {
    writeFileSync(join(ssh, name), `${lines.join('\n')}\n`);
  }
  for (const name of ['host', 'id']) {
    command('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(ssh, name));
  }
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  writeFileSync(join(home, '.ssh/authorized_keys'), readFileSync(join(ssh, 'id.pub')));
  command('chown', '-R', `${farId}:${farId}`, home);
  const key = readFileSync(join(ssh, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  writeFileSync(join(ssh, 'known'), `[${address}]:${port} ${key}\n`);
  const config = [
    `Port ${port}`,
    `ListenAddress ${address}`,
    `HostKey "${join(ssh, 'host')}"`,
    'PidFile none',
    'UsePAM no',
    'PasswordAuthentication no',
    'StrictModes no',
    // A client that copies opens a dozen connections at once, and tests run side by side.
    'MaxStartups 1000',
    'Subsystem sftp internal-sftp',
    ...more,
  ];
  writeFileSync(join(ssh, 'config'), `${config.join('\n')}\n`);
  // Accounts of its own, in a mount namespace of its own.
  const binds = Object.keys(accounts).map((name) => `mount --bind "$0/${name}" /etc/${name}`);
  const script = [withoutSickDisks, ...binds, 'exec /usr/sbin/sshd -D -e -f "$0/config"'].join(
    ' && ',
  );
  const start = [...network.inside, 'unshare', '--mount', 'sh', '-c', script, ssh];
  const log = join(ssh, 'log');
  // Its own word for it: from here another network cannot be asked.
  const isReady = (): boolean => readFileSync(log, 'utf8').includes('Server listening on');
  const server = await startServer(port, log, start, {}, isReady);
  const { pid } = server.child;
  const sessions = (): readonly number[] =>
    childrenOf(pid).flatMap((child) => [child, ...childrenOf(child)]);
  return {
    port,
    address,
    home,
    identityFile: join(ssh, 'id'),
    knownHosts: join(ssh, 'known'),
    sessions,
    dropSessions() {
      for (const session of sessions()) {
        try {
          process.kill(session, 'SIGKILL');
        } catch {
          // It ended with the one before.
        }
      }
    },
    inside: (...words) => void command('nsenter', '-t', String(pid), '-m', '--', ...words),
    stop: () => server.stop(),
  };
}

function childrenOf(pid: number | undefined): readonly number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

/** Bytes of the image that is on its way to a mirror, or was when its copy was cut off. */
export function bytesOnTheWay(root: string): number {
  const sizes = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.vda\.qcow2\.|\.holdfast-partial\/vda\.qcow2$/.test(name))
    .map((name) => statSync(join(root, name), { throwIfNoEntry: false })?.size ?? 0);
  return Math.max(0, ...sizes);
}

/** A directory that the far account owns, with all that is in it. */
export function farDirectory(path: string): string {
  mkdirSync(path, { recursive: true });
  command('chown', '-R', `${farId}:${farId}`, path);
  return path;
}

/** `rclone serve webdav`, without a password on loopback. */
export function startWebdav(served: string, port: number): Promise<Server> {
  const address = `127.0.0.1:${port}`;
  // What a test changes behind its back must be seen at once.
  const words = ['rclone', 'serve', 'webdav', served, '--addr', address, '--dir-cache-time=1ms'];
  return startServer(port, `${served}.log`, words, { HOME: served });
}

const makeRings = `
import sys
from swift.common.ring import RingBuilder
for ring, port in (each.rsplit("=", 1) for each in sys.argv[1:]):
    builder = RingBuilder(4, 1, 1)
    here = {"ip": "127.0.0.1", "port": int(port), "replication_ip": "127.0.0.1", "replication_port": int(port)}
    builder.add_dev({"region": 1, "zone": 1, "device": "disk", "weight": 1, "meta": "", **here})
    builder.rebalance()
    builder.get_ring().save(ring)
`;

/** A real S3 server: Swift's four daemons on loopback, with one disk, one replica, and s3api. */
export async function startSwift(directory: string): Promise<Server> {
  // Its servers share a port with whoever has it already (SO_REUSEPORT): of two tests with the same ports
  // each would get half of the other's requests.
  const [firstPort = 0, ...backendPorts] = await freePorts(4);
  const etc = join(directory, 'etc');
  mkdirSync(etc, { recursive: true });
  mkdirSync(join(directory, 'srv/disk'), { recursive: true });
  const write = (name: string, lines: readonly string[]): string => {
    writeFileSync(join(etc, name), `${lines.join('\n')}\n`);
    return join(etc, name);
  };
  const common = (port: number) => [
    '[DEFAULT]',
    'bind_ip = 127.0.0.1',
    `bind_port = ${port}`,
    'workers = 0',
    'user = root',
    `swift_dir = ${etc}`,
    `devices = ${directory}/srv`,
    'mount_check = false',
    'fallocate_reserve = 0',
    // A listing that was not told of an object in time never is: nobody goes after it here.
    'container_update_timeout = 60',
    'conn_timeout = 60',
    'node_timeout = 60',
  ];
  write('swift.conf', [
    '[swift-hash]',
    'swift_hash_path_prefix = holdfast',
    'swift_hash_path_suffix = holdfast',
    '[storage-policy:0]',
    'name = one',
    'default = yes',
  ]);
  // Their configuration is found by this variable alone.
  const env = { SWIFT_CONF_DIR: etc, HOME: directory };
  const start = (port: number, name: string, file: string): Promise<Server> =>
    startServer(port, join(etc, `${name}.log`), [`swift-${name}-server`, file, '-v'], env);
  const backends = ['object', 'container', 'account'].map((name, index) => {
    const port = backendPorts[index] ?? 0;
    const file = write(`${name}.conf`, [
      ...common(port),
      '[pipeline:main]',
      `pipeline = ${name}-server`,
      `[app:${name}-server]`,
      `use = egg:swift#${name}`,
    ]);
    return { name, port, file, ring: join(etc, `${name}.ring.gz`) };
  });
  // What swift-ring-builder does in nine processes, each of which takes longer to start than to work.
  const rings = backends.map(({ ring, port }) => `${ring}=${port}`);
  command('/usr/bin/python3', '-c', makeRings, ...rings);
  // tempauth asks for a cache, and is content with one that is not there.
  const filters = ['catch_errors', 'cache', 's3api', 'tempauth', 'slo', 'dlo'];
  const proxy = write('proxy.conf', [
    ...common(firstPort),
    '[pipeline:main]',
    `pipeline = ${filters.join(' ')} proxy-server`,
    '[app:proxy-server]',
    'use = egg:swift#proxy',
    'account_autocreate = true',
    ...filters.flatMap((filter) => [
      `[filter:${filter}]`,
      `use = egg:swift#${filter === 'cache' ? 'memcache' : filter}`,
    ]),
  ]);
  const text = readFileSync(proxy, 'utf8');
  writeFileSync(
    proxy,
    text.replace(
      'use = egg:swift#tempauth',
      'use = egg:swift#tempauth\nuser_test_tester = testing .admin',
    ),
  );
  // Side by side: what they take is the time in which Python starts.
  const servers = await Promise.all([
    ...backends.map(({ port, name, file }) => start(port, name, file)),
    start(firstPort, 'proxy', proxy),
  ]);
  return {
    port: firstPort,
    async stop() {
      for (const server of servers.toReversed()) await server.stop();
    },
  };
}
