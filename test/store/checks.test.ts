import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { realFiles, type Files } from '../../src/store/files.ts';
import { observeStore } from '../../src/store/observe.ts';
import { openStore } from '../../src/store/open.ts';
import { chainOn, later, madeStore, must, pointOf, publishPoints, temporary } from './fixture.ts';

const live = chainOn(8);
const full = pointOf(live, 0);
const check = { formatVersion: 1, at: later, depth: 'hash' } as const;

it('remembers when a point was found sound, beside the point', async () => {
  using dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, live, [0]);
  expect(store.readCheck(full.place)).toEqual({ ok: true, value: null });
  must(store.writeCheck(full.place, check));
  expect(must(store.readCheck(full.place))).toEqual(check);
  // It is ours: neither foreign nor a fault of the point.
  const query = { name: 'main', path: dir.path, requireMount: false, stateDir: `${dir.path}/none` };
  const { state } = await observeStore(query);
  expect(state).toMatchObject({ kind: 'ready', foreign: [], unreadable: [] });
  expect(state.kind === 'ready' && state.directories[0]?.chains[0]?.points[0]?.fault).toBe(
    undefined,
  );
});

it('says what a damaged note is', () => {
  using dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, live, [0]);
  const file = join(dir.path, 'domains/web01', live, full.place.pointDirectory, 'checked.json');
  writeFileSync(file, '{"formatVersion":1}');
  expect(store.readCheck(full.place)).toMatchObject({ ok: false, error: { code: 'unreadable' } });
});

it('a note that the disk does not give back is a failure, and is not written over', () => {
  using dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, live, [0]);
  must(store.writeCheck(full.place, check));
  const sick: Files = {
    ...realFiles,
    read: (path) => {
      if (!path.endsWith('checked.json')) return realFiles.read(path);
      throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'read', path });
    },
  };
  const onSickDisk = must(openStore(dir.ref, sick));
  const failed = { ok: false, error: { code: 'io-error' } };
  expect(onSickDisk.readCheck(full.place)).toMatchObject(failed);
  expect(onSickDisk.writeCheck(full.place, { at: later, depth: 'structure' })).toMatchObject(
    failed,
  );
  expect(must(store.readCheck(full.place))).toEqual(check);
});

it('takes the mark of a bad point away, once and again', async () => {
  using dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, live, [0]);
  const query = { name: 'main', path: dir.path, requireMount: false, stateDir: `${dir.path}/none` };
  const faultNow = async () => {
    const { state } = await observeStore(query);
    if (state.kind !== 'ready') throw new Error(state.kind);
    return state.directories[0]?.chains[0]?.points.map(({ fault }) => fault);
  };
  must(store.quarantine(full.place, { code: 'hash-differs', message: 'vda' }, later));
  expect(await faultNow()).toEqual(['quarantined']);
  for (const times of ['once', 'again']) {
    must(store.liftQuarantine(full.place));
    expect(await faultNow(), times).toEqual([undefined]);
  }
});

const day = (number: number): string => `2026-12-0${number}T02:00:00.000Z`;

it('forgets no deeper check for a shallower one, and shows the observer all of them', async () => {
  using dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, live, [0, 1]);
  const query = { name: 'main', path: dir.path, requireMount: false, stateDir: `${dir.path}/none` };
  const checkedNow = async () => {
    const { state } = await observeStore(query);
    if (state.kind !== 'ready') throw new Error(state.kind);
    return state.directories[0]?.chains[0]?.points.map(({ checked }) => checked);
  };
  expect(await checkedNow()).toEqual([undefined, undefined]);
  must(store.writeCheck(full.place, { at: day(1), depth: 'replay' }));
  const replay = day(1);
  expect(await checkedNow()).toEqual([{ structure: replay, hash: replay, replay }, undefined]);
  must(store.writeCheck(full.place, { at: day(2), depth: 'hash' }));
  must(store.writeCheck(full.place, { at: day(3), depth: 'structure' }));
  expect(await checkedNow()).toEqual([{ structure: day(3), hash: day(2), replay }, undefined]);
  expect(must(store.readCheck(full.place))).toEqual({
    formatVersion: 1,
    at: day(3),
    depth: 'structure',
    hashAt: day(2),
    replayAt: day(1),
  });
  // A note that nobody can read is none.
  const file = join(dir.path, 'domains/web01', live, full.place.pointDirectory, 'checked.json');
  writeFileSync(file, '{');
  expect(await checkedNow()).toEqual([undefined, undefined]);
});

it('shows which files of a point in quarantine are damaged', async () => {
  using dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, live, [0]);
  const query = { name: 'main', path: dir.path, requireMount: false, stateDir: `${dir.path}/none` };
  must(store.quarantine(full.place, { code: 'hash-differs', message: 'x' }, later, ['vda.qcow2']));
  const { state } = await observeStore(query);
  expect(state.kind === 'ready' && state.directories[0]?.chains[0]?.points).toMatchObject([
    { fault: 'quarantined', damaged: ['vda.qcow2'] },
  ]);
});
