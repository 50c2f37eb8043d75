import { createHash, randomFillSync } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copyFile, type FileCopy } from '../../src/image/copy-file.ts';
import { fail, ok } from '../../src/model/result.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hf-copy-file-'));
  mkdirSync(join(dir, 'there'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const mebibyte = 1024 ** 2;
const path = 'a/b/vda.qcow2';

function source(bytes: number): { readonly content: Buffer; readonly sha256: string } {
  const content = randomFillSync(Buffer.alloc(bytes));
  writeFileSync(join(dir, 'vda.qcow2'), content);
  return { content, sha256: createHash('sha256').update(content).digest('hex') };
}

const copy = (more: Partial<FileCopy> = {}) =>
  copyFile({
    from: join(dir, 'vda.qcow2'),
    root: join(dir, 'there'),
    path,
    partialName: '.partial',
    sha256: null,
    onBytes: () => undefined,
    signal: new AbortController().signal,
    ...more,
  });

const there = (): readonly string[] =>
  readdirSync(join(dir, 'there'), { recursive: true }).map(String).toSorted();

// One slot exactly, the end of the ring exactly, around it with an end that is not aligned, and less than a slot.
it.each([4 * mebibyte, 16 * mebibyte, 21 * mebibyte + 123, mebibyte + 1])(
  'copies %i bytes',
  async (bytes) => {
    const { content, sha256 } = source(bytes);
    let told = 0;
    expect(await copy({ sha256, onBytes: (count) => (told += count) })).toEqual(ok(bytes));
    expect(readFileSync(join(dir, 'there', path)).equals(content)).toBe(true);
    expect(told).toBe(bytes);
    expect(there()).toEqual(['a', 'a/b', path]);
    const [from, to] = [join(dir, 'vda.qcow2'), join(dir, 'there', path)].map((each) =>
      statSync(each),
    );
    expect(to?.mode.toString(8)).toBe('100600');
    expect(statSync(join(dir, 'there', 'a', 'b')).mode.toString(8)).toBe('40700');
    expect(Math.floor((to?.mtimeMs ?? 0) / 1000)).toBe(Math.floor((from?.mtimeMs ?? 1) / 1000));
  },
);

it('leaves no file of what is not what it should be', async () => {
  source(2 * mebibyte);
  expect(await copy({ sha256: 'a'.repeat(64) })).toEqual(
    fail({
      code: 'hash-differs',
      message: `${join(dir, 'vda.qcow2')} is not what its manifest says, so it is not copied; verify the point`,
    }),
  );
  expect(there()).toEqual(['a', 'a/b', 'a/b/.partial']);
});

it.each(['a/b/vda.qcow2', 'a/b/.partial/vda.qcow2'])('does not touch %s', async (name) => {
  source(2 * mebibyte);
  mkdirSync(join(dir, 'there', dirname(name)), { recursive: true });
  writeFileSync(join(dir, 'there', name), 'kept');
  expect(await copy()).toEqual(ok(null));
  expect(readFileSync(join(dir, 'there', name), 'utf8')).toBe('kept');
  expect(there().filter((each) => each.endsWith('vda.qcow2'))).toEqual([name]);
});

it('is not for directories and files that are not there', async () => {
  expect(await copy()).toEqual(ok(null));
  mkdirSync(join(dir, 'vda.qcow2'));
  expect(await copy()).toEqual(ok(null));
  expect(there()).toEqual([]);
});

it('does not make a root that is not there', async () => {
  source(2 * mebibyte);
  rmSync(join(dir, 'there'), { recursive: true });
  const failed = await copy();
  expect(failed).toMatchObject({ ok: false, error: { code: 'copy-failed' } });
  expect(existsSync(join(dir, 'there'))).toBe(false);
});

it('does not follow a link below the root', async () => {
  source(2 * mebibyte);
  mkdirSync(join(dir, 'elsewhere'));
  symlinkSync(join(dir, 'elsewhere'), join(dir, 'there', 'a'));
  expect(await copy()).toEqual(
    fail({
      code: 'copy-failed',
      message: `${join(dir, 'vda.qcow2')}: could not be copied: ${join(dir, 'there', 'a')} is no directory`,
    }),
  );
  expect(readdirSync(join(dir, 'elsewhere'))).toEqual([]);
});

it('ends when it is told to, before its file has its name', async () => {
  source(32 * mebibyte);
  const stop = new AbortController();
  const stopped = copy({ signal: stop.signal, onBytes: () => stop.abort() });
  expect(await stopped).toEqual(fail({ code: 'canceled', message: 'The copy was stopped' }));
  expect(existsSync(join(dir, 'there', path))).toBe(false);
  expect(await copy({ signal: AbortSignal.abort() })).toMatchObject({ ok: false });
});
