import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exposeImages } from '../../src/image/expose.ts';
import { mountFiles } from '../../src/image/mount-files.ts';
import { unmountFiles } from '../../src/image/unmount.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hf mount,'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const sh = (script: string): void => {
  execFileSync('bash', ['-euc', script], { cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] });
};

it('shows a chain of images as files: a bare file system, partitions, and what is neither', async () => {
  // An increment on a full, a disk with two partitions of which one holds nothing.
  sh(`
    PATH=$PATH:/sbin:/usr/sbin
    mkdir tree; echo old > tree/a; mke2fs -q -t ext4 -d tree bare.raw 16M; qemu-img convert -O qcow2 bare.raw full.qcow2
    echo new > tree/b; mke2fs -q -t ext4 -d tree bare2.raw 16M
    qemu-img convert -O qcow2 -B full.qcow2 -F qcow2 bare2.raw inc.qcow2
    truncate -s 64M parts.raw; printf '2048,32768,L\\n34816,32768,S\\n' | sfdisk -q parts.raw
    mke2fs -q -t ext4 -d tree -E offset=1048576 parts.raw 16M
    qemu-img convert -O qcow2 parts.raw parts.qcow2
  `);
  const images = [
    { target: 'vda', path: join(dir, 'inc.qcow2') },
    { target: 'vdb', path: join(dir, 'parts.qcow2') },
  ];
  const at = join(dir, 'at');
  const exposed = await exposeImages(images, join(at, 'disks'));
  if (!exposed.ok) throw new Error(exposed.error.message);
  try {
    const [vda, vdb] = exposed.value.disks;
    if (vda === undefined || vdb === undefined) throw new Error('two disks');
    sh(`cmp bare2.raw at/disks/vda.raw; cmp parts.raw at/disks/vdb.raw`);
    const first = await mountFiles(vda, at);
    const second = await mountFiles(vdb, at);
    expect(first.mounted.map(({ partition, type }) => ({ partition, type }))).toEqual([
      { partition: null, type: 'ext4' },
    ]);
    expect(readFileSync(join(at, 'vda', 'b'), 'utf8')).toBe('new\n');
    expect(second.mounted.map(({ directory }) => directory)).toEqual([join(at, 'vdb1')]);
    expect(readFileSync(join(at, 'vdb1', 'a'), 'utf8')).toBe('old\n');
    expect(second.left.map(({ code }) => code)).toEqual(['not-a-file-system']);
    expect(() => sh('echo x > at/vda/b')).toThrow();
  } finally {
    expect(await unmountFiles(at)).toEqual({ ok: true, value: undefined });
  }
  expect(readdirSync(at)).toEqual([]);
  expect(await unmountFiles(at)).toEqual({
    ok: false,
    error: { code: 'not-a-mount', message: `${at} holds no mounted point` },
  });
});
