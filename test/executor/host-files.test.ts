import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { realHostFiles } from '../../src/executor/host-files.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'host-files-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o7777;

it('makes directories that others may pass through and not list, and leaves those alone that are there', async () => {
  const old = join(dir, 'old');
  mkdirSync(old, { mode: 0o700 });
  await realHostFiles.makeLastingDirectory(old);
  expect(modeOf(old)).toBe(0o700);
  await realHostFiles.makeLastingDirectory(join(old, 'new', 'newer'));
  expect(modeOf(join(old, 'new', 'newer'))).toBe(0o711);
});

it('gives a new file the mode of the old one, and without one no one else may read it', async () => {
  const [fresh, old] = [join(dir, 'fresh'), join(dir, 'old')];
  writeFileSync(fresh, 'new', { mode: 0o644 });
  await realHostFiles.makeLasting(fresh, old);
  expect(modeOf(fresh)).toBe(0o600);
  writeFileSync(old, 'old', { mode: 0o640 });
  await realHostFiles.makeLasting(fresh, old);
  expect(modeOf(fresh)).toBe(0o640);
});

it('overwrites nothing with what is placed where nothing was', async () => {
  for (const name of ['fresh', 'taken']) writeFileSync(join(dir, name), name);
  const placing = realHostFiles.placeNew(join(dir, 'fresh'), join(dir, 'taken'));
  await expect(placing).rejects.toMatchObject({ code: 'EEXIST' });
  await realHostFiles.placeNew(join(dir, 'fresh'), join(dir, 'free'));
  expect(existsSync(join(dir, 'fresh'))).toBe(false);
  expect(existsSync(join(dir, 'free'))).toBe(true);
});
