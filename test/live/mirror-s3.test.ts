import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openRclone } from '../../src/mirror/rclone.ts';
import { mirrorContract } from './mirror-contract.ts';
import { startSwift, type Server } from './mirror-servers.ts';

// OpenStack Swift with its S3 API: a real one, and packaged by Debian.
const directory = mkdtempSync(join(tmpdir(), 'hf-mirror-s3-'));
const configFile = join(directory, 'rclone.conf');
let server: Server;
let roots = 0;

beforeAll(async () => {
  server = await startSwift(directory);
  const config = [
    '[s3]',
    'type = s3',
    'provider = Other',
    'access_key_id = test:tester',
    'secret_access_key = testing',
    `endpoint = http://127.0.0.1:${server.port}`,
  ];
  writeFileSync(configFile, `${config.join('\n')}\n`);
  rclone('mkdir', 's3:backups');
});

afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

// rclone of Debian 12 cannot be told of another CA bundle, which this shell may name.
const env = { PATH: process.env['PATH'], HOME: directory };

function rclone(...args: readonly string[]): void {
  execFileSync('rclone', ['--config', configFile, ...args], { env, stdio: 'ignore' });
}

const at = (root: string, path: string): string => `s3:${root}/${path}`;

mirrorContract({
  title: 'rclone to S3',
  async makeRoot() {
    roots += 1;
    return `backups/a "root" it's ${roots}`;
  },
  open: (settings, root) =>
    openRclone({
      ...settings,
      name: 'nas',
      target: `s3:${root}`,
      bandwidthBytesPerSecond: null,
      configFile,
    }),
  read: async (root, path) => {
    const words = ['--config', configFile, 'cat', at(root, path)];
    const { status, stdout } = spawnSync('rclone', words, { env });
    return status === 0 && stdout.length > 0 ? stdout : null;
  },
  write: async (root, path, content) => {
    const words = ['--config', configFile, 'rcat', at(root, path)];
    execFileSync('rclone', words, { env, input: content, stdio: ['pipe', 'ignore', 'ignore'] });
  },
  remove: async (root, path) => rclone('deletefile', at(root, path)),
  hashedAt: 'here',
  durability: 'unknown',
  tellsSpace: false,
});
