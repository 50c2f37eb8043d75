import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openRclone } from '../../src/mirror/rclone.ts';
import { mirrorContract } from './mirror-contract.ts';
import {
  farDirectory,
  farUser,
  startSshd,
  startWebdav,
  type FarHost,
  type Server,
} from './mirror-servers.ts';

const directory = mkdtempSync(join(tmpdir(), 'hf-mirror-rclone-'));
const configFile = join(directory, 'rclone.conf');
const served = join(directory, 'webdav');
let host: FarHost;
let webdav: Server;

beforeAll(async () => {
  mkdirSync(served);
  host = await startSshd(directory, 17_222);
  webdav = await startWebdav(served, 17_280);
  const config = [
    '[webdav]',
    'type = webdav',
    `url = http://127.0.0.1:${webdav.port}`,
    'vendor = other',
    '[sftp]',
    'type = sftp',
    'host = 127.0.0.1',
    `port = ${host.port}`,
    `user = ${farUser}`,
    `key_file = ${host.identityFile}`,
    `known_hosts_file = ${host.knownHosts}`,
    // What rclone finds out at its first use and writes here: several at once would write it.
    'shell_type = unix',
    'md5sum_command = md5sum',
    'sha1sum_command = sha1sum',
  ];
  writeFileSync(configFile, `${config.join('\n')}\n`);
});

afterAll(async () => {
  await webdav.stop();
  await host.stop();
  rmSync(directory, { recursive: true, force: true });
});

let roots = 0;
for (const remote of ['webdav', 'sftp'] as const) {
  const at = (root: string, path: string): string =>
    join(remote === 'webdav' ? served : host.home, root, path);
  mirrorContract({
    title: `rclone to ${remote}`,
    async makeRoot() {
      roots += 1;
      return `a "root" it's ${roots}`;
    },
    open: (settings, root) =>
      openRclone({
        ...settings,
        name: 'nas',
        target: `${remote}:${root}`,
        bandwidthBytesPerSecond: null,
        configFile,
      }),
    read: async (root, path) => (existsSync(at(root, path)) ? readFileSync(at(root, path)) : null),
    write: async (root, path, content) => {
      mkdirSync(dirname(at(root, path)), { recursive: true });
      writeFileSync(at(root, path), content);
      if (remote === 'sftp') farDirectory(at(root, ''));
    },
    remove: async (root, path) => rmSync(at(root, path)),
    hashedAt: 'here',
    durability: 'unknown',
    tellsSpace: false,
  });
}
