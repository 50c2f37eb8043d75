import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BlockSource } from '../../src/image/block-source.ts';
import { copyExport, type CopyRequest } from '../../src/image/copy-export.ts';
import { hashFile } from '../../src/image/hash-file.ts';
import { ImageFile } from '../../src/image/image-file.ts';
import { createRateLimit, joinRateLimits } from '../../src/image/rate-limit.ts';
import { allocatePages } from '../../src/image/shared-memory.ts';
import { fail, ok } from '../../src/model/result.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hf-copy-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const mebibyte = 1024 ** 2;

/** A disk that is data all over; each 4 bytes tell where they are. */
function diskOf(sizeBytes: number, read?: BlockSource['read']): BlockSource {
  return {
    sizeBytes,
    async *extents() {
      yield ok([{ offset: 0, length: sizeBytes, kind: 'data' as const }]);
    },
    read:
      read ??
      (async (offset, into) => {
        const words = new Uint32Array(into.buffer, into.byteOffset, into.length / 4);
        for (let index = 0; index < words.length; index += 1) words[index] = offset / 4 + index;
        return ok(undefined);
      }),
  };
}

function copy(request: Partial<CopyRequest>) {
  return copyExport({
    source: diskOf(mebibyte),
    target: join(dir, 'vda.qcow2'),
    backing: null,
    rateLimit: null,
    onProgress: () => {},
    signal: new AbortController().signal,
    ...request,
  });
}

/** Whether the data part of the file is the disk. */
function isDisk(file: Buffer, sizeBytes: number): boolean {
  const data = file.subarray(file.length - sizeBytes);
  for (let offset = 0; offset < sizeBytes; offset += 4096)
    if (data.readUInt32LE(offset) !== offset / 4) return false;
  return true;
}

describe('a copy', () => {
  // With the hash in the calling thread, and with one of its own; the ring goes round.
  it.each([1, 30, 100])('of %i MiB is whole, and hashed on the way', async (mebibytes) => {
    const size = mebibytes * mebibyte;
    const progress: number[][] = [];
    const onProgress = (done: number, total: number) => progress.push([done, total]);
    const copied = await copy({ source: diskOf(size), onProgress });
    const file = readFileSync(join(dir, 'vda.qcow2'));
    expect(copied).toEqual(
      ok({
        fileBytes: file.length,
        dataBytes: size,
        sha256: createHash('sha256').update(file).digest('hex'),
      }),
    );
    expect(isDisk(file, size)).toBe(true);
    expect(progress.at(-1)).toEqual([file.length, file.length]);
    expect(statSync(join(dir, 'vda.qcow2')).mode & 0o777).toBe(0o600);
  });

  it('answers that come in any order end in the right order', async () => {
    const size = 40 * mebibyte;
    const disk = diskOf(size);
    const late = diskOf(size, async (offset, into) => {
      await new Promise((resolve) => setTimeout(resolve, (offset / mebibyte) % 3));
      return disk.read(offset, into);
    });
    expect((await copy({ source: late })).ok).toBe(true);
    expect(isDisk(readFileSync(join(dir, 'vda.qcow2')), size)).toBe(true);
  });

  it('has at most 16 MiB of reads under way', async () => {
    let under = 0;
    let most = 0;
    const source = diskOf(64 * mebibyte, async (_offset, into) => {
      under += into.length;
      most = Math.max(most, under);
      await new Promise((resolve) => setTimeout(resolve, 1));
      under -= into.length;
      return ok(undefined);
    });
    expect((await copy({ source })).ok).toBe(true);
    expect([most > 8 * mebibyte, most <= 16 * mebibyte]).toEqual([true, true]);
  });
});

describe('faults', () => {
  it('one failed read fails the copy, after the others are back', async () => {
    let under = 0;
    const source = diskOf(64 * mebibyte, async (offset) => {
      if (offset >= 9 * mebibyte) return fail({ code: 'nbd-read', message: 'bad sector' });
      under += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      under -= 1;
      return ok(undefined);
    });
    const copied = await copy({ source });
    expect(copied).toEqual(fail({ code: 'nbd-read', message: 'bad sector' }));
    expect(under).toBe(0);
  });

  it('memory that direct I/O does not take is written all the same', async () => {
    const path = join(dir, 'file');
    const created = await ImageFile.create(path);
    if (!created.ok) throw new Error(created.error.message);
    const content = Buffer.alloc(8192, 'holdfast!');
    expect(await created.value.append(allocatePages(65_536))).toEqual(ok(undefined));
    expect(await created.value.append(content.subarray(1, 4001))).toEqual(ok(undefined));
    expect(await created.value.append(content.subarray(4001))).toEqual(ok(undefined));
    expect(await created.value.close()).toEqual(ok(undefined));
    const whole = Buffer.concat([Buffer.alloc(65_536), content.subarray(1)]);
    expect(readFileSync(path).equals(whole)).toBe(true);
  });

  it('never writes over a file', async () => {
    const target = join(dir, 'vda.qcow2');
    writeFileSync(target, 'somebody else');
    expect(await copy({})).toEqual(
      fail({
        code: 'write-failed',
        message: `${target}: could not be written: EEXIST: file already exists, open '${target}'`,
      }),
    );
    expect(readFileSync(target, 'utf8')).toBe('somebody else');
  });

  it('an abort gives the reason, while reads are under way and while the rate holds it back', async () => {
    const lost = { code: 'scratch-full', message: 'The scratch directory is full' };
    for (const rateLimit of [null, createRateLimit(1)]) {
      const stop = new AbortController();
      const target = join(dir, rateLimit === null ? 'a' : 'b');
      const source = diskOf(100 * mebibyte, async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return ok(undefined);
      });
      setTimeout(() => stop.abort(lost), 20);
      expect(await copy({ source, target, rateLimit, signal: stop.signal })).toEqual(fail(lost));
    }
  });

  it('does not wait for ever for what hangs when it is aborted', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const stop = new AbortController();
      const hanging: (() => void)[] = [];
      const source = diskOf(
        mebibyte,
        () => new Promise((resolve) => hanging.push(() => resolve(ok(undefined)))),
      );
      const copying = copy({ source, signal: stop.signal });
      await vi.waitUntil(() => hanging.length > 0);
      stop.abort();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await copying).toEqual(fail({ code: 'canceled', message: 'The copy was stopped' }));
      for (const end of hanging) end();
    } finally {
      vi.useRealTimers();
    }
  });

  it('an abort before the beginning is one, too', async () => {
    expect(await copy({ signal: AbortSignal.abort() })).toEqual(
      fail({ code: 'canceled', message: 'The copy was stopped' }),
    );
  });

  it('refuses a backing name that qcow2 has no room for', async () => {
    const target = join(dir, 'vda.qcow2');
    const backing = { file: 'x'.repeat(1024), format: 'qcow2' as const };
    expect(await copy({ backing })).toEqual(
      fail({
        code: 'bad-source',
        message: `${target}: the name of its backing file is longer than qcow2 allows`,
      }),
    );
    expect(existsSync(target)).toBe(false);
  });
});

describe('the hash of a file', () => {
  const quiet = { signal: new AbortController().signal, onBytes: () => {} };

  it('is SHA-256, told of in parts', async () => {
    const path = join(dir, 'file');
    const content = Buffer.alloc(40 * mebibyte + 17, 'holdfast');
    writeFileSync(path, content);
    const parts: number[] = [];
    const hashed = await hashFile(path, { ...quiet, onBytes: (bytes) => parts.push(bytes) });
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(hashed).toEqual(ok({ sha256, bytes: content.length }));
    expect(parts).toEqual([16 * mebibyte, 16 * mebibyte, 8 * mebibyte + 17]);
  });

  it('names a file that cannot be read', async () => {
    const path = join(dir, 'gone');
    expect(await hashFile(path, quiet)).toEqual(
      fail({
        code: 'read-failed',
        message: `${path}: could not be read: ENOENT: no such file or directory, open '${path}'`,
      }),
    );
  });

  it('is stopped by an abort', async () => {
    const path = join(dir, 'file');
    writeFileSync(path, Buffer.alloc(64 * mebibyte));
    const stop = new AbortController();
    const hashing = hashFile(path, { signal: stop.signal, onBytes: () => stop.abort() });
    expect(await hashing).toEqual(fail({ code: 'canceled', message: 'Hashing was stopped' }));
  });
});

it('takers of one rate limit share it in turn', async () => {
  const limit = createRateLimit(100_000);
  const { signal } = new AbortController();
  const order: string[] = [];
  const take = async (name: string): Promise<void> => {
    for (let round = 0; round < 3; round += 1) {
      await limit.take(10_000, signal);
      order.push(name);
    }
  };
  // The burst is spent first: from then on each has to wait.
  await limit.take(25_000, signal);
  await Promise.all([take('a'), take('b')]);
  expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
});

it('of several limits the slowest tells, and none is none', async () => {
  const { signal } = new AbortController();
  const taken: string[] = [];
  const limit = (name: string, milliseconds: number) => ({
    async take(bytes: number) {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      taken.push(`${name} ${bytes}`);
    },
  });
  await joinRateLimits([limit('store', 5), null, limit('host', 1)])?.take(7, signal);
  expect(taken).toEqual(['host 7', 'store 7']);
  expect(joinRateLimits([null, null])).toBeNull();
});
