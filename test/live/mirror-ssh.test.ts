import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openRsync } from '../../src/mirror/rsync.ts';
import { mirrorContract } from './mirror-contract.ts';
import { farDirectory, farUser, startSshd, type FarHost } from './mirror-servers.ts';

const directory = mkdtempSync(join(tmpdir(), 'hf-mirror-ssh-'));
let host: FarHost;
let roots = 0;

beforeAll(async () => {
  host = await startSshd(directory, 17_122);
});

afterAll(async () => {
  await host.stop();
  rmSync(directory, { recursive: true, force: true });
});

mirrorContract({
  title: 'rsync over ssh',
  async makeRoot() {
    roots += 1;
    return farDirectory(join(host.home, `it's a "root" $HOME \`id\` ${roots}`));
  },
  open: (settings, root) =>
    openRsync({
      ...settings,
      name: 'nas',
      target: `${farUser}@127.0.0.1:${root}`,
      bandwidthBytesPerSecond: null,
      ssh: { identityFile: host.identityFile, knownHosts: host.knownHosts, port: host.port },
    }),
  read: async (root, path) =>
    existsSync(join(root, path)) ? readFileSync(join(root, path)) : null,
  write: async (root, path, content) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    farDirectory(root);
  },
  remove: async (root, path) => rmSync(join(root, path)),
  hashedAt: 'far-end',
  durability: 'synced',
  tellsSpace: true,
});
