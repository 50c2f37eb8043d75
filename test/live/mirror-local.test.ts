import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { openRsync } from '../../src/mirror/rsync.ts';
import { mirrorContract } from './mirror-contract.ts';

const ssh = { identityFile: null, knownHosts: null, port: null };
const above = mkdtempSync(join(tmpdir(), 'hf-mirror-roots-'));
let roots = 0;

afterAll(() => rmSync(above, { recursive: true, force: true }));

mirrorContract({
  title: 'rsync to a directory',
  async makeRoot() {
    roots += 1;
    const root = join(above, `it's a "root" $${roots}`);
    mkdirSync(root);
    return root;
  },
  open: (settings, root) =>
    openRsync({ ...settings, name: 'nas', target: root, bandwidthBytesPerSecond: null, ssh }),
  read: async (root, path) =>
    existsSync(join(root, path)) ? readFileSync(join(root, path)) : null,
  write: async (root, path, content) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  },
  remove: async (root, path) => rmSync(join(root, path)),
  hashedAt: 'far-end',
  durability: 'synced',
  tellsSpace: true,
});
