import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unmountFiles } from '../../src/image/unmount.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'unmount-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** What `mount` makes before its daemon runs. */
function begun(): void {
  mkdirSync(join(dir, 'disks'));
  for (const name of ['vda.raw', 'vdb.raw']) writeFileSync(join(dir, 'disks', name), '');
}

it('tidies up a mount that died before its daemon ran', async () => {
  begun();
  mkdirSync(join(dir, 'vda1'));
  mkdirSync(join(dir, 'vdax'));
  expect(await unmountFiles(dir)).toEqual({ ok: true, value: undefined });
  expect(readdirSync(dir)).toEqual(['vdax']);
});

it('and one whose daemon is dead', async () => {
  begun();
  writeFileSync(join(dir, 'disks', '.qemu-storage-daemon.pid'), '1\n');
  expect(await unmountFiles(dir)).toEqual({ ok: true, value: undefined });
  expect(readdirSync(dir)).toEqual([]);
});

it('removes nothing that holds something', async () => {
  begun();
  mkdirSync(join(dir, 'vda1'));
  for (const name of ['disks/vda.raw', 'vda1/mine']) writeFileSync(join(dir, name), 'x');
  const disks = join(dir, 'disks');
  expect(await unmountFiles(dir)).toEqual({
    ok: false,
    error: {
      code: 'not-empty',
      message: `${disks} is unmounted, and stays: Error: ENOTEMPTY: directory not empty, rmdir '${disks}'`,
    },
  });
  expect([readdirSync(disks), readdirSync(join(dir, 'vda1'))]).toEqual([['vda.raw'], ['mine']]);
});

it('refuses a directory that holds no mount', async () => {
  expect(await unmountFiles(dir)).toEqual({
    ok: false,
    error: { code: 'not-a-mount', message: `${dir} holds no mounted point` },
  });
});
