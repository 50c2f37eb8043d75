import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isLocked, takeLock } from '../../src/store/lock.ts';
import type { Lock } from '../../src/store/store.ts';
import { db1, failureOf, madeStore, must, temporary, web01 } from './fixture.ts';

const locked = async (path: string, wait = 0): Promise<Lock> =>
  must(await takeLock(path, 'it', wait));

describe('takeLock', () => {
  it('refuses a second one, and names who has the first', async () => {
    using dir = temporary();
    const path = join(dir.path, 'x.lock');
    const first = await locked(path);
    expect(readFileSync(path, 'utf8')).toMatch(
      new RegExp(
        `^holdfast \\(process ${process.pid}, since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d\\)\n$`,
      ),
    );
    const holderOf = async (text: string | null): Promise<string> => {
      if (text !== null) writeFileSync(path, text);
      const refused = await takeLock(path, 'store main', 0);
      if (refused.ok || !('holder' in refused.error)) throw new Error('It was not locked.');
      const { holder, message } = refused.error;
      expect(message).toBe(`store main is locked by ${holder}`);
      return holder;
    };
    // Today's date is left out, unless midnight came meanwhile.
    expect(await holderOf(null)).toMatch(
      new RegExp(`^holdfast \\(process ${process.pid}, since (\\S+ )?\\d\\d:\\d\\d\\)$`),
    );
    const earlier = 'holdfast apply (process 7, since 2026-01-02 03:04)';
    expect(await holderOf(`${earlier}\n`)).toBe(earlier);
    expect(await holderOf('')).toBe('another process');
    expect(await isLocked(path)).toBe(true);
    first.release();
    first.release();
    expect(await isLocked(path)).toBe(false);
    (await locked(path)).release();
  });

  it('waits for the other to be done', async () => {
    using dir = temporary();
    const path = join(dir.path, 'x.lock');
    const first = await locked(path);
    const order: string[] = [];
    const second = locked(path, 60).then((lock) => {
      order.push('second');
      lock.release();
      return null;
    });
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    order.push('first');
    first.release();
    await second;
    expect(order).toEqual(['first', 'second']);
  });

  it('is kept by a child that has the descriptor', async () => {
    using dir = temporary();
    const path = join(dir.path, 'x.lock');
    const lock = await locked(path);
    const child = spawn('/bin/cat', [], { stdio: ['pipe', 'ignore', 'ignore', lock.descriptor] });
    await once(child, 'spawn');
    lock.release();
    expect(await isLocked(path)).toBe(true);
    const ended = once(child, 'close');
    child.stdin?.end();
    await ended;
    expect(await isLocked(path)).toBe(false);
  });

  it('follows no symlink, and says when there is no place for it', async () => {
    using dir = temporary();
    symlinkSync('/etc/hostname', join(dir.path, 'x.lock'));
    expect(failureOf(await takeLock(join(dir.path, 'x.lock'), 'store main', 0))).toEqual({
      code: 'symlink',
      message: `locking store main: ${dir.path}/x.lock: it is a symbolic link, and Holdfast follows none in a store`,
    });
    expect(failureOf(await takeLock(join(dir.path, 'no/x.lock'), 'store main', 0))).toEqual({
      code: 'not-found',
      message: `locking store main: ${dir.path}/no/x.lock: it is not there`,
    });
    expect(await isLocked(join(dir.path, 'no/x.lock'))).toBe(false);
  });
});

describe('locks of a store', () => {
  it('are one for the store and one for each domain', async () => {
    using dir = temporary();
    const store = madeStore(dir);
    const locks = [
      must(await store.lock(0)),
      must(await store.lockDomain(web01, 0)),
      must(await store.lockDomain(db1, 0)),
    ];
    const refused = await store.lockDomain(web01, 0);
    expect(refused.ok ? '' : refused.error.message).toMatch(
      new RegExp(
        `^domain ${web01} in store main is locked by holdfast \\(process ${process.pid}, `,
      ),
    );
    for (const lock of locks) lock.release();
  });

  it('are not taken where the store is not', async () => {
    using dir = temporary();
    const store = madeStore(dir);
    rmSync(join(dir.path, 'holdfast-store.json'));
    expect(failureOf(await store.lock(0))).toEqual({
      code: 'marker-missing',
      message: `${dir.path}/holdfast-store.json is not there: ${dir.path} is no store, or its disk is not mounted`,
    });
  });
});
