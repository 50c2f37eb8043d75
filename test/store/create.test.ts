import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeId } from '../../src/model/identity.ts';
import { createStore } from '../../src/store/create.ts';
import { openStore } from '../../src/store/open.ts';
import {
  chainOn,
  failureOf,
  hold,
  later,
  lookInto,
  madeStore,
  must,
  pointOf,
  publishPoints,
  temporary,
  theRun,
  web01,
} from './fixture.ts';

const live = chainOn(8);
const full = pointOf(live, 0);

describe('createStore', () => {
  it('makes a store that only its user can read', () => {
    using dir = temporary();
    mkdirSync(join(dir.path, 'lost+found'));
    must(createStore(dir.ref, later));
    expect(readdirSync(dir.path).toSorted()).toEqual([
      '.journal',
      '.state',
      '.trash',
      'README.txt',
      'domains',
      'holdfast-store.json',
      'lost+found',
    ]);
    for (const name of ['.journal', '.state', '.state/locks', '.trash', 'domains']) {
      expect(statSync(join(dir.path, name)).mode & 0o777, name).toBe(0o700);
    }
    for (const name of ['README.txt', 'holdfast-store.json']) {
      expect(statSync(join(dir.path, name)).mode & 0o777, name).toBe(0o600);
    }
    expect(JSON.parse(readFileSync(join(dir.path, 'holdfast-store.json'), 'utf8'))).toEqual({
      format: 1,
      id: dir.ref.id,
      createdAt: later,
    });
  });

  it('works where its path is a symlink to the disk', async () => {
    using dir = temporary();
    const path = `${dir.path}-link`;
    symlinkSync(dir.path, path);
    const linked = { ...dir, path, ref: { ...dir.ref, path } };
    publishPoints(madeStore(linked), live, [0]);
    expect((await lookInto(linked)).directories).toHaveLength(1);
    const { directories, mount, id } = await lookInto(dir);
    expect(await lookInto(linked)).toMatchObject({ directories, mount, id });
  });

  it('goes on where an earlier one died', () => {
    using dir = temporary();
    mkdirSync(join(dir.path, 'domains'));
    mkdirSync(join(dir.path, '.state/locks'), { recursive: true });
    writeFileSync(join(dir.path, '.README.txt.tmp'), 'half');
    must(createStore(dir.ref, later));
    expect(openStore(dir.ref).ok).toBe(true);
  });

  it.each([
    ['something', (path: string) => writeFileSync(path, 'mine'), 'photos.zip', 'photos.zip'],
    [
      'a domain',
      (path: string) => mkdirSync(path, { recursive: true }),
      'domains/web01',
      'domains/web01',
    ],
  ])('refuses a directory with %s in it', (_what, put, name, named) => {
    using dir = temporary();
    put(join(dir.path, name));
    expect(failureOf(createStore(dir.ref, later))).toEqual({
      code: 'not-empty',
      message: `store main: ${dir.path} is not empty (${named}); a store begins in an empty directory`,
    });
  });

  it('refuses a store, and a directory that is not there', () => {
    using dir = temporary();
    must(createStore(dir.ref, later));
    expect(failureOf(createStore(dir.ref, later))).toEqual({
      code: 'exists',
      message: `store main: ${dir.path} is a store already`,
    });
    const gone = { ...dir.ref, path: `${dir.path}/gone` };
    expect(failureOf(createStore(gone, later))).toEqual({
      code: 'not-found',
      message: `store main: ${dir.path}/gone is no directory; make it (mkdir -m 0700 ${dir.path}/gone) or mount its disk`,
    });
  });
});

describe('the marker (G152)', () => {
  it('is asked before the store is opened, and before each change', () => {
    using dir = temporary();
    expect(failureOf(openStore(dir.ref))).toEqual({
      code: 'marker-missing',
      message: `${dir.path}/holdfast-store.json is not there: ${dir.path} is no store, or its disk is not mounted`,
    });
    const store = madeStore(dir);
    const other = { format: 1, id: storeId('f'.repeat(32)), createdAt: later };
    writeFileSync(join(dir.path, 'holdfast-store.json'), JSON.stringify(other));
    const expected = {
      code: 'other-store',
      message: `${dir.path} is store ${'f'.repeat(32)}, not ${dir.ref.id}: another disk is mounted there`,
    };
    expect(failureOf(openStore(dir.ref))).toEqual(expected);
    expect(failureOf(store.beginPoint(full.place, full.manifest.point, web01))).toEqual(expected);
    expect(
      failureOf(
        store.trashChain({
          directory: 'web01',
          chain: live,
          uuid: web01,
          points: [],
          run: theRun,
          at: later,
        }),
      ),
    ).toEqual(expected);
    expect(failureOf(store.writeHold('web01', live, null, hold))).toEqual(expected);
    expect(readdirSync(join(dir.path, 'domains'))).toEqual([]);
  });

  it.each([
    [
      '{"format":2}',
      'marker-newer',
      'format 2 is newer than the 1 that this Holdfast reads; use a newer Holdfast',
    ],
    [
      '{"format":1}',
      'marker-unreadable',
      'id must be a store id, missing; createdAt must be an instant like 2026-11-22T02:00:00.000Z, missing',
    ],
    ['', 'marker-unreadable', 'it is empty'],
  ])('%s is refused', (text, code, why) => {
    using dir = temporary();
    writeFileSync(join(dir.path, 'holdfast-store.json'), text);
    expect(failureOf(openStore(dir.ref))).toEqual({
      code,
      message: `${dir.path}/holdfast-store.json: ${why}`,
    });
  });
});
