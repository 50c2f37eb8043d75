import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyStore } from '../../src/model/observed-store.ts';
import { createStore } from '../../src/store/create.ts';
import { openJournal } from '../../src/store/journal.ts';
import { observeStore } from '../../src/store/observe.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import {
  chainOn,
  failureOf,
  hold,
  later,
  must,
  pointOf,
  publishPoints,
  theRun,
  theStore,
  web01,
} from '../store/fixture.ts';
import { StoreRig } from './store-rig.ts';

let rig: StoreRig;
beforeAll(() => {
  rig = new StoreRig();
});
afterAll(() => rig[Symbol.dispose]());

const old = chainOn(1);
const live = chainOn(8);
const full = pointOf(live, 0);
const refOf = (path: string) => ({ name: 'main', path, id: theStore });

function madeIn(path: string): Store {
  must(createStore(refOf(path), later));
  return must(openStore(refOf(path)));
}

const stateOf = async (path: string, requireMount = false) => {
  const query = { name: 'main', path, requireMount, stateDir: `${rig.dir}/state` };
  return (await observeStore(query)).state;
};

async function readyAt(path: string): Promise<ReadyStore> {
  const state = await stateOf(path);
  if (state.kind === 'ready') return state;
  throw new Error(JSON.stringify(state));
}

const trashOld = (store: Store) =>
  store.trashChain({
    directory: 'web01',
    chain: old,
    uuid: web01,
    points: [0, 1].map((sequence) => pointOf(old, sequence).manifest.point),
    run: theRun,
    at: later,
  });

describe('a full disk', () => {
  it('fails each change whole, and a purge makes room', async () => {
    const path = `${rig.dir}/full`;
    rig.mount(path, '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs');
    const store = madeIn(path);
    publishPoints(store, old, [0, 1]);
    publishPoints(store, live, [0]);
    must(trashOld(store));
    const before = await readyAt(path);
    const next = pointOf(live, 1);
    const incoming = must(store.beginPoint(next.place, next.manifest.point, web01));
    writeFileSync(`${incoming.path}/vda.qcow2`, 'image 1');
    must(incoming.writeFile('domain.xml', '<domain/>'));
    fill(path);

    const at = `${path}/domains/web01/${live}`;
    const noSpace = 'no space is left; make room, or store less';
    expect(failureOf(incoming.publish(next.manifest))).toEqual({
      code: 'store-full',
      message: `publishing ${at}/${next.place.pointDirectory}: ${noSpace}`,
    });
    must(incoming.discard());
    fill(path);
    expect(failureOf(store.writeHold('web01', live, null, hold))).toEqual({
      code: 'store-full',
      message: `writing ${at}/hold.json: ${noSpace}`,
    });
    expect(await readyAt(path)).toEqual({ ...before, freeBytes: 0, foreign: ['ballast'] });

    // A lock, a journal's line and a purge must be possible all the same.
    const lock = must(await store.lock(1));
    const journal = must(
      openJournal({ stateDir: `${rig.dir}/state`, run: theRun, clock: () => later }),
    );
    must(journal.append({ kind: 'step', action: 'a', step: 'purge', path: null }, path));
    must(store.purgeTrash(`.trash/${theRun}/web01/${old}`, old));
    journal.close();
    lock.release();
    const after = await readyAt(path);
    expect(after.trash).toEqual([]);
    expect(after.directories).toEqual(before.directories);
    expect(after.freeBytes).toBeGreaterThan(0);
    rmSync(`${path}/ballast`);
  });
});

/** Takes every byte of a small file system. */
function fill(path: string): void {
  for (let bytes = 65_536; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) writeFileSync(`${path}/ballast`, Buffer.alloc(bytes), { flag: 'a' });
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  }
  expect(statfsSync(path).bavail).toBe(0);
}

describe('another file system in a store (G212)', () => {
  it('is refused, and said', async () => {
    const path = rig.directory('devices');
    const store = madeIn(path);
    publishPoints(store, old, [0, 1]);
    publishPoints(store, live, [0]);
    rig.mount(`${path}/domains/web01/${live}`, '-t', 'tmpfs', 'tmpfs');
    const message = `${path}/domains/web01/${live} is on another file system than its store; a store lies on one`;
    const next = pointOf(live, 1);
    expect(failureOf(store.beginPoint(next.place, next.manifest.point, web01))).toEqual({
      code: 'other-device',
      message,
    });
    const state = await readyAt(path);
    expect(state.unreadable).toEqual([
      { path: `domains/web01/${live}`, code: 'other-device', message },
    ]);
    expect(state.directories[0]?.chains.map(({ id }) => id)).toEqual([old]);
  });
});

describe('a read-only disk', () => {
  it('is seen to be one, and refuses every change', async () => {
    const path = rig.directory('writable');
    publishPoints(madeIn(path), live, [0]);
    const readOnly = `${rig.dir}/read-only`;
    rig.mount(readOnly, '--bind', '-o', 'ro', path);
    expect(await readyAt(path)).toMatchObject({ writable: true });
    expect(await readyAt(readOnly)).toMatchObject({
      writable: false,
      unreadable: [],
      directories: [{ name: 'web01' }],
    });
    const store = must(openStore(refOf(readOnly)));
    const next = pointOf(live, 1);
    expect(failureOf(store.beginPoint(next.place, next.manifest.point, web01))).toEqual({
      code: 'store-read-only',
      message: `preparing point ${next.manifest.point} in ${readOnly}: ${readOnly}/domains/web01/${live}/.incoming-0001-${next.manifest.point}-${web01}: the file system is read-only; mount it writable, or name it to packaging/install.sh, which lets the agent’s unit write there`,
    });
    const lock = await store.lock(0);
    expect(lock.ok ? null : lock.error.code).toBe('store-read-only');
  });
});

describe('requireMount', () => {
  it('is content with a mount point alone', async () => {
    const path = `${rig.dir}/a disk`;
    rig.mount(path, '-t', 'tmpfs', 'my disk');
    madeIn(path);
    expect(await stateOf(path, true)).toMatchObject({
      kind: 'ready',
      mount: { source: 'my disk' },
    });
    mkdirSync(`${path}/below`);
    expect(await stateOf(`${path}/below`, true)).toEqual({
      kind: 'unseen',
      failure: {
        code: 'not-mounted',
        message: `store main: nothing is mounted on ${path}/below; mount its disk`,
      },
    });
  });
});

describe('another user', () => {
  it('sees nothing, and not an empty store', () => {
    const path = rig.directory('private/store');
    publishPoints(madeIn(path), live, [0]);
    const seen = rig.child([path, `${rig.dir}/none`, 'look'], { uid: 65_534 });
    expect(JSON.parse(seen.stdout)).toEqual({
      kind: 'unseen',
      failure: {
        code: 'marker-unreadable',
        message: `${path}/holdfast-store.json: reading it: ${path}/holdfast-store.json: permission denied; run as the user who owns the store`,
      },
    });
    expect(readdirSync(`${path}/domains/web01/${live}`)).toEqual([full.place.pointDirectory]);
  });

  it('is told of one domain that it may not read', () => {
    const path = rig.directory('partly');
    const store = madeIn(path);
    publishPoints(store, live, [0]);
    // What a copy made as another user looks like: all but one domain can be read.
    rig.own(path, 65_534);
    publishPoints(must(openStore(refOf(path))), live, [0], undefined, { directory: 'db1' });
    const seen = rig.child([path, `${rig.dir}/none`, 'look'], { uid: 65_534 });
    const state = JSON.parse(seen.stdout) as ReadyStore;
    expect(state.unreadable).toEqual([
      {
        path: 'domains/db1',
        code: 'denied',
        message: `listing it: ${path}/domains/db1: permission denied; run as the user who owns the store`,
      },
    ]);
    expect(state.directories.map(({ directory }) => directory)).toEqual(['web01']);
  });
});
