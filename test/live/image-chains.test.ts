import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyExport, type CopiedImage } from '../../src/image/copy-export.ts';
import { hashFile } from '../../src/image/hash-file.ts';
import { checkImage } from '../../src/image/qemu-img.ts';
import { RawDisk, type Write } from '../image/raw-source.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'hf-image-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const signal = new AbortController().signal;
const qemuImg = (...args: string[]): string => execFileSync('qemu-img', args, { encoding: 'utf8' });

/** Writes the disk's next point and holds it against the disk itself, with qemu-img as the judge. */
async function takePoint(disk: RawDisk, base: string, level: number): Promise<CopiedImage> {
  const directory = join(base, `level-${level}`);
  mkdirSync(directory);
  const target = join(directory, 'vda.qcow2');
  const backing =
    level === 0 ? null : { file: `../level-${level - 1}/vda.qcow2`, format: 'qcow2' as const };
  const copied = await copyExport({
    source: disk.point(level === 0 ? 'zero' : 'clean'),
    target,
    backing,
    rateLimit: null,
    onProgress: () => {},
    signal,
  });
  if (!copied.ok) throw new Error(copied.error.message);
  expect(statSync(target).mode & 0o777).toBe(0o600);
  expect(statSync(target).size).toBe(copied.value.fileBytes);
  const hashed = await hashFile(target, { signal, onBytes: () => {} });
  const { sha256, fileBytes } = copied.value;
  expect(hashed).toEqual({ ok: true, value: { sha256, bytes: fileBytes } });
  expect(await checkImage(target, signal)).toEqual({ ok: true, value: undefined });
  // Its own exit status is 1 for a difference, and then this throws.
  const said = qemuImg('compare', '-f', 'raw', '-F', 'qcow2', disk.path, target);
  expect(said).toBe('Images are identical.\n');
  return copied.value;
}

const kind = fc.constantFrom('data' as const, 'zero' as const);
const small = fc.record({
  offset: fc.integer({ min: 0, max: 900_000 }),
  length: fc.integer({ min: 1, max: 200_000 }),
  kind,
});
const aligned = fc
  .record({
    offset: fc.integer({ min: 0, max: 15 }),
    length: fc.integer({ min: 1, max: 4 }),
    kind,
  })
  .map((write) => ({ ...write, offset: write.offset * 65_536, length: write.length * 65_536 }));
const writes = fc.array(fc.oneof(small, aligned), { maxLength: 8 });
const size = fc.oneof(
  fc.integer({ min: 1, max: 1_000_000 }),
  fc.constantFrom(512, 65_536, 65_537, 983_040),
);

it('chains of any layout, size and depth read as the disk', async () => {
  let points = 0;
  await fc.assert(
    fc.asyncProperty(
      size,
      fc.array(fc.record({ writes, resize: fc.option(size, { freq: 4 }) }), {
        minLength: 1,
        maxLength: 4,
      }),
      async (sizeBytes, levels) => {
        const base = mkdtempSync(join(dir, 'chain-'));
        using disk = new RawDisk(join(base, 'disk.raw'), sizeBytes);
        for (const [level, { writes: changes, resize }] of levels.entries()) {
          if (level > 0 && resize !== null) disk.resize(resize);
          for (const write of changes) disk.write(write);
          await takePoint(disk, base, level);
          points += 1;
        }
        rmSync(base, { recursive: true });
      },
    ),
    { numRuns: 40 },
  );
  expect(points).toBeGreaterThan(40);
});

it('a chain over many L2 tables: 3 GiB with changes on their borders', async () => {
  const base = mkdtempSync(join(dir, 'tables-'));
  const table = 512 * 1024 ** 2;
  using disk = new RawDisk(join(base, 'disk.raw'), 6 * table + 1000);
  const around = (border: number, kindOfWrite: Write['kind']): Write => ({
    offset: border * table - 200_000,
    length: 400_000,
    kind: kindOfWrite,
  });
  for (const border of [1, 2, 6]) disk.write(around(border, 'data'));
  await takePoint(disk, base, 0);
  disk.write(around(1, 'zero'));
  disk.write(around(5, 'data'));
  disk.write({ offset: 3 * table + 7, length: 70 * 1024 ** 2, kind: 'data' });
  const increment = await takePoint(disk, base, 1);
  expect(increment.dataBytes).toBeGreaterThan(70 * 1024 ** 2);
});

it('2 TiB, nearly empty: the file stays small, and so does an increment that discards it all', async () => {
  const base = mkdtempSync(join(dir, 'large-'));
  const tebibyte = 1024 ** 4;
  using disk = new RawDisk(join(base, 'disk.raw'), 2 * tebibyte);
  const places = [0, tebibyte - 5000, 2 * tebibyte - 65_536 - 100];
  for (const offset of places) disk.write({ offset, length: 10_000, kind: 'data' });
  const full = await takePoint(disk, base, 0);
  // Header, L1, refcount table and block, four L2 tables, five clusters of data.
  expect([full.fileBytes / 65_536, full.dataBytes / 65_536]).toEqual([13, 5]);
  for (const offset of places) disk.write({ offset, length: 10_000, kind: 'zero' });
  const increment = await takePoint(disk, base, 1);
  expect(increment.dataBytes / 65_536).toBe(5);
});

it('a disk of no bytes', async () => {
  const base = mkdtempSync(join(dir, 'empty-'));
  using disk = new RawDisk(join(base, 'disk.raw'), 0);
  expect(await takePoint(disk, base, 0)).toMatchObject({ dataBytes: 0 });
});
