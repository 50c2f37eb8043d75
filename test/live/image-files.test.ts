import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BlockSource } from '../../src/image/block-source.ts';
import { copyExport } from '../../src/image/copy-export.ts';
import { checkImage, convertImage } from '../../src/image/qemu-img.ts';
import { ok } from '../../src/model/result.ts';

let dir = '';
let mounted: string | null = null;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hf-files-'));
});
afterEach(() => {
  if (mounted !== null) execFileSync('umount', ['-l', mounted]);
  mounted = null;
  rmSync(dir, { recursive: true, force: true });
});

const signal = new AbortController().signal;
const sh = (script: string): string =>
  execFileSync('bash', ['-euc', `PATH=$PATH:/sbin:/usr/sbin; ${script}`], {
    cwd: dir,
    encoding: 'utf8',
  });

/** Mounts a small file system: tmpfs, which has no direct I/O, or ext4, which has. */
function mount(kind: 'tmpfs' | 'ext4', mebibytes: number): string {
  const at = join(dir, 'at');
  mkdirSync(at);
  if (kind === 'tmpfs') sh(`mount -t tmpfs -o size=${mebibytes}m tmpfs at`);
  else sh(`truncate -s ${mebibytes}M fs.img; mke2fs -q -t ext4 fs.img; mount -o loop fs.img at`);
  mounted = at;
  return at;
}

/** Data all over, as `seq` gives it. */
function sourceOf(sizeBytes: number): BlockSource {
  return {
    sizeBytes,
    async *extents() {
      yield ok([{ offset: 0, length: sizeBytes, kind: 'data' as const }]);
    },
    read: async (offset, into) => {
      into.fill(1 + (offset % 251));
      return ok(undefined);
    },
  };
}

const copy = (target: string, sizeBytes: number) =>
  copyExport({
    source: sourceOf(sizeBytes),
    target,
    backing: null,
    rateLimit: null,
    onProgress: () => {},
    signal,
  });

describe.each(['tmpfs', 'ext4'] as const)('a copy onto %s', (kind) => {
  it('is whole', async () => {
    const target = join(mount(kind, 200), 'vda.qcow2');
    const copied = await copy(target, 150 * 1024 ** 2);
    if (!copied.ok) throw new Error(copied.error.message);
    expect(sh(`sha256sum < ${target}`)).toBe(`${copied.value.sha256}  -\n`);
    expect(await checkImage(target, signal)).toEqual(ok(undefined));
  });

  it('that is full fails with store-full', async () => {
    const target = join(mount(kind, 64), 'vda.qcow2');
    expect(await copy(target, 150 * 1024 ** 2)).toEqual({
      ok: false,
      error: { code: 'store-full', message: `${target}: no space left to write it (ENOSPC)` },
    });
  });
});

const image = (path: string, format: 'qcow2' | 'raw') => ({ path, format });

describe('qemu-img', () => {
  it('convert writes what a chain says: raw, qcow2, over a device that held other bytes', async () => {
    sh(`
      qemu-img create -q -f qcow2 full.qcow2 32M; qemu-io -f qcow2 -c 'write -P 1 0 8M' full.qcow2
      qemu-img create -q -f qcow2 -b full.qcow2 -F qcow2 inc.qcow2
      qemu-io -f qcow2 -c 'write -P 2 4M 1M' -c 'write -z 6M 1M' inc.qcow2
      qemu-img convert -O raw inc.qcow2 expected.raw
      head -c 32M /dev/urandom > device.raw
    `);
    const source = image(join(dir, 'inc.qcow2'), 'qcow2');
    const target = (name: string, format: 'qcow2' | 'raw', exists: boolean) => ({
      ...image(join(dir, name), format),
      exists,
    });
    for (const to of [
      target('out.raw', 'raw', false),
      target('device.raw', 'raw', true),
      target('out,file=x:y.qcow2', 'qcow2', false),
    ]) {
      expect(await convertImage({ source, target: to, signal })).toEqual(ok(undefined));
      const said = sh(`qemu-img compare -f raw -F ${to.format} expected.raw '${to.path}'`);
      expect(said).toBe('Images are identical.\n');
    }
  });

  it('convert takes no name for a protocol, and no guest content for a format', async () => {
    const source = image('json:{"driver":"null-co"}', 'raw');
    const target = { ...image(join(dir, 'o'), 'raw'), exists: false };
    expect(await convertImage({ source, target, signal })).toEqual({
      ok: false,
      error: expect.objectContaining({
        code: 'bad-path',
        message: '"json:{"driver":"null-co"}" is not the absolute path of an image',
      }),
    });
    // A raw disk in which a guest wrote a qcow2 header that names a file of the host.
    sh('echo secret > secret; qemu-img create -q -f qcow2 -b secret -F raw evil 1M');
    const evil = image(join(dir, 'evil'), 'raw');
    expect(await convertImage({ source: evil, target, signal })).toEqual(ok(undefined));
    expect(readFileSync(target.path).subarray(0, 4).toString('latin1')).toBe('QFI\xfb');
  });

  it('convert onto a full file system is store-full, without direct I/O too', async () => {
    sh(`qemu-img create -q -f raw big.raw 64M; qemu-io -f raw -c 'write -P 3 0 64M' big.raw`);
    const source = image(join(dir, 'big.raw'), 'raw');
    const target = { ...image(join(mount('tmpfs', 16), 'o.qcow2'), 'qcow2'), exists: false };
    expect(await convertImage({ source, target, signal })).toMatchObject({
      ok: false,
      error: { code: 'store-full', message: `${target.path}: no space left to write it` },
    });
  });

  it('convert is stopped by an abort', async () => {
    const target = { ...image(join(dir, 'o.raw'), 'raw'), exists: false };
    writeFileSync(join(dir, 'in.raw'), Buffer.alloc(4096));
    const source = image(join(dir, 'in.raw'), 'raw');
    const stopped = AbortSignal.abort({ code: 'interrupted', message: 'SIGTERM' });
    expect(await convertImage({ source, target, signal: stopped })).toMatchObject({
      ok: false,
      error: { code: 'interrupted', message: 'SIGTERM' },
    });
    expect(existsSync(target.path)).toBe(false);
  });

  it('check finds damage, and a backing file that is not there', async () => {
    sh(`
      qemu-img create -q -f qcow2 full.qcow2 32M; qemu-io -f qcow2 -c 'write -P 1 0 8M' full.qcow2
      qemu-img create -q -f qcow2 -b full.qcow2 -F qcow2 inc.qcow2
    `);
    const inc = join(dir, 'inc.qcow2');
    const full = join(dir, 'full.qcow2');
    expect(await checkImage(inc, signal)).toEqual(ok(undefined));
    // The refcount table (its offset is at 48 of the header) points nowhere now.
    sh(
      `printf '\\0\\0\\0\\0\\0\\0\\0\\0' | dd of=full.qcow2 bs=1 seek=131072 conv=notrunc status=none`,
    );
    expect(await checkImage(full, signal)).toMatchObject({
      ok: false,
      error: { code: 'image-damaged', message: expect.stringContaining(`${full}: qemu-img check`) },
    });
    sh('rm full.qcow2');
    expect(await checkImage(inc, signal)).toMatchObject({
      ok: false,
      error: { code: 'qemu-img', message: expect.stringContaining('full.qcow2') },
    });
  });
});
