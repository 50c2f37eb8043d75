import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { observeStore } from '../../src/store/observe.ts';
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
