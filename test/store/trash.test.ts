import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ChainId, pointId, runId } from '../../src/model/identity.ts';
import type { StoreMemory } from '../../src/model/observed-store.ts';
import { VolatileFiles } from '../../src/simulator/volatile-files.ts';
import { createStore } from '../../src/store/create.ts';
import type { Files } from '../../src/store/files.ts';
import { openStore } from '../../src/store/open.ts';
import {
  chainOn,
  db1,
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
  theStore,
  web01,
} from './fixture.ts';

const old = chainOn(1);
const live = chainOn(8);
const full = pointOf(live, 0);
const trashPath = `.trash/${theRun}/web01/${old}`;
const otherRun = runId('20261126T020000Z-00000001');
const trashOf = (points: readonly string[]) => ({
  directory: 'web01',
  chain: old,
  uuid: web01,
  points: points.map(pointId),
  run: theRun,
  at: later,
});
const oldPoints = [0, 1].map((sequence) => pointOf(old, sequence).manifest.point);

describe('the trash', () => {
  it('takes with a chain what a heal that died has left for it, and nothing of another', () => {
    using dir = temporary();
    const store = madeStore(dir);
    const begin = (chain: ChainId, sequence: number): string => {
      const into = must(store.beginHeal(pointOf(chain, sequence).place));
      writeFileSync(join(into, 'vda.qcow2'), 'half');
      return into;
    };
    publishPoints(store, old, [0, 1]);
    publishPoints(store, live, [0]);
    const [left, stays] = [begin(old, 1), begin(live, 0)];
    must(store.trashChain(trashOf(oldPoints)));
    expect([existsSync(left), existsSync(join(left, '../..', old))]).toEqual([false, false]);
    expect(readdirSync(stays)).toEqual(['vda.qcow2']);
  });

  it('takes a chain, and gives it back held', async () => {
    using dir = temporary();
    const store = madeStore(dir);
    publishPoints(store, old, [0, 1]);
    publishPoints(store, live, [0]);
    must(store.trashChain(trashOf(oldPoints)));
    const trashed = await lookInto(dir);
    expect(trashed.directories[0]?.chains.map(({ id }) => id)).toEqual([live]);
    expect(trashed.trash).toEqual([
      {
        run: theRun,
        path: trashPath,
        uuid: web01,
        name: 'web01',
        chain: old,
        points: 2,
        bytes: 32,
        trashedAt: later,
      },
    ]);
    must(store.restoreTrash(trashPath, old, hold));
    const restored = await lookInto(dir);
    expect(restored.trash).toEqual([]);
    expect(restored.directories[0]?.chains[0]).toMatchObject({ id: old, held: true });
    expect(restored.directories[0]?.chains[0]?.points.map(({ id }) => id)).toEqual(oldPoints);
    expect(failureOf(store.trashChain(trashOf(oldPoints)))).toEqual({
      code: 'held',
      message: `${dir.path}/domains/web01/${old} is held`,
    });
    must(store.removeHold('web01', old, null));
    must(store.trashChain({ ...trashOf(oldPoints), points: oldPoints.toReversed() }));
  });

  it('takes only the chain that the plan saw (G205, I7)', () => {
    using dir = temporary();
    const store = madeStore(dir);
    publishPoints(store, old, [0, 1]);
    const at = `${dir.path}/domains/web01/${old}`;
    expect(failureOf(store.trashChain(trashOf(oldPoints.slice(0, 1))))).toEqual({
      code: 'points-differ',
      message: `${at} holds points 20261101T020000Z-0000, 20261101T020100Z-0001; the plan saw 20261101T020000Z-0000`,
    });
    expect(failureOf(store.trashChain({ ...trashOf(oldPoints), uuid: db1 }))).toEqual({
      code: 'not-this-domain',
      message: `${at} is of domain ${web01}, not of ${db1}`,
    });
    must(store.writeHold('web01', old, pointOf(old, 1).place.pointDirectory, hold));
    expect(failureOf(store.trashChain(trashOf(oldPoints)))).toEqual({
      code: 'held',
      message: `${at}/0001-20261101T020100Z-inc is held`,
    });
    must(store.removeHold('web01', old, pointOf(old, 1).place.pointDirectory));
    const next = pointOf(old, 2);
    const incoming = must(store.beginPoint(next.place, next.manifest.point, web01));
    expect(failureOf(store.trashChain(trashOf(oldPoints)))).toEqual({
      code: 'incoming-exists',
      message: `${incoming.path} is being written, or was left`,
    });
  });

  it('refuses to put back over a chain, or into another domain’s directory', () => {
    using dir = temporary();
    const store = madeStore(dir);
    publishPoints(store, old, [0, 1]);
    must(store.trashChain(trashOf(oldPoints)));
    publishPoints(store, old, [0], undefined, { uuid: db1 });
    expect(failureOf(store.restoreTrash(trashPath, old, hold))).toEqual({
      code: 'exists',
      message: `${dir.path}/domains/web01/${old} is there already; move it away first`,
    });
    must(store.trashChain({ ...trashOf(oldPoints.slice(0, 1)), uuid: db1, run: otherRun }));
    publishPoints(store, live, [0], undefined, { uuid: db1 });
    expect(failureOf(store.restoreTrash(trashPath, old, hold))).toEqual({
      code: 'directory-taken',
      message: `${dir.path}/domains/web01 holds points of domain ${db1} now`,
    });
  });

  it('is emptied only of what is Holdfast’s', () => {
    using dir = temporary();
    const store = madeStore(dir);
    publishPoints(store, old, [0, 1]);
    must(store.trashChain(trashOf(oldPoints)));
    const at = `${dir.path}/${trashPath}`;
    const mine = `${at}/0000-20261101T020000Z-full/thesis.docx`;
    writeFileSync(mine, 'mine');
    expect(failureOf(store.purgeTrash(trashPath, old))).toEqual({
      code: 'foreign',
      message: `${mine} is not Holdfast's; move it away`,
    });
    expect(readdirSync(at).toSorted()).toEqual([
      '0000-20261101T020000Z-full',
      '0001-20261101T020100Z-inc',
      'trash.json',
    ]);
    for (const path of [`domains/web01/${old}`, '.trash', `.trash/../domains/web01/${old}`]) {
      expect(failureOf(store.purgeTrash(path, old))).toEqual({
        code: 'bad-path',
        message: `${JSON.stringify(path)} is not the path of chain ${old} in the trash`,
      });
    }
  });

  it('gives nothing back once a purge has begun', () => {
    using dir = temporary();
    const store = madeStore(dir);
    publishPoints(store, old, [0, 1]);
    must(store.trashChain(trashOf(oldPoints)));
    renameSync(`${dir.path}/${trashPath}/trash.json`, `${dir.path}/${trashPath}/purging.json`);
    expect(failureOf(store.restoreTrash(trashPath, old, hold))).toEqual({
      code: 'purging',
      message: `the removal of ${dir.path}/${trashPath} for good has begun; points that are still whole can be moved away by hand`,
    });
    must(store.purgeTrash(trashPath, old));
    expect(readdirSync(join(dir.path, '.trash'))).toEqual([]);
  });

  it('purges nothing that somebody began to put back', async () => {
    using dir = temporary();
    const store = madeStore(dir);
    publishPoints(store, old, [0, 1]);
    must(store.trashChain(trashOf(oldPoints)));
    writeFileSync(`${dir.path}/${trashPath}/hold.json`, '{}');
    expect((await lookInto(dir)).trash).toMatchObject([{ chain: old, held: true }]);
    expect(failureOf(store.purgeTrash(trashPath, old))).toEqual({
      code: 'held',
      message: `${dir.path}/${trashPath}/hold.json is there: somebody began to put this chain back; run trash restore again, or remove the hold`,
    });
  });

  it('is purged, and leaves no directory', async () => {
    using dir = temporary();
    const store = madeStore(dir);
    publishPoints(store, old, [0, 1]);
    publishPoints(store, live, [0]);
    must(store.trashChain(trashOf(oldPoints)));
    must(store.purgeTrash(trashPath, old));
    expect(readdirSync(join(dir.path, '.trash'))).toEqual([]);
    expect((await lookInto(dir)).directories[0]?.chains.map(({ id }) => id)).toEqual([live]);
  });
});

it('remembers, holds, closes and looks', async () => {
  using dir = temporary();
  const store = madeStore(dir);
  publishPoints(store, live, [0, 1]);
  const memory: StoreMemory = {
    formatVersion: 1,
    at: later,
    policyDigest: 'p',
    commit: null,
    bootId: 'b',
    bootClockSeconds: 12.5,
    mount: { device: 1, source: '/dev/sda1' },
    points: { [web01]: 2 },
    retention: { [web01]: { maxPoints: 30, minPoints: 1, keep: { last: 7 } } },
    doomed: { [web01]: [old] },
    policyText: 'version: 1\n',
    space: [{ at: later, usedBytes: 3 }],
  };
  must(store.writeMemory(memory));
  must(store.writeMemory(memory));
  const lastLook = {
    formatVersion: 1,
    point: full.manifest.point,
    at: later,
    images: [
      {
        path: '/i',
        device: 1,
        inode: 2,
        sizeBytes: 3,
        mtimeNs: '1700000000123456789',
        ctimeNs: '4',
      },
    ],
  } as const;
  must(store.writeLastLook('web01', lastLook));
  must(store.writeHold('web01', live, null, hold));
  must(store.writeHold('web01', live, full.place.pointDirectory, hold));
  must(store.closeChain('web01', live, 'untracked', later));
  const state = await lookInto(dir);
  expect(state.memory).toEqual(memory);
  expect(state.directories[0]?.lastLook).toEqual(lastLook);
  expect(state.directories[0]?.chains[0]).toMatchObject({ held: true, closed: 'untracked' });
  expect(state.directories[0]?.chains[0]?.points.map(({ held }) => held)).toEqual([
    true,
    undefined,
  ]);
  must(store.removeHold('web01', live, null));
  must(store.removeHold('web01', live, null));
  expect((await lookInto(dir)).directories[0]?.chains[0]?.held).toBe(false);
});

it('makes what stays durable before a chain goes: a run may have been killed before it could', () => {
  const files = new VolatileFiles();
  files.makeDirectory('/store');
  const ref = { name: 'main', path: '/store', id: theStore };
  must(createStore(ref, later, files));
  const loosely = (path: string, content: string): void => files.writeLoose(path, content);
  publishPoints(must(openStore(ref, files)), old, [0, 1], loosely);
  files.settle();
  // Killed right after the rename: none of the fsyncs of the directories came.
  let renamed = false;
  const killed: Files = {
    ...bound(files),
    rename: (from, to) => {
      files.rename(from, to);
      renamed ||= to.endsWith('-full');
    },
    syncDirectory: (path) => {
      if (!renamed) files.syncDirectory(path);
    },
  };
  publishPoints(must(openStore(ref, killed)), live, [0], loosely);
  must(must(openStore(ref, files)).trashChain(trashOf(oldPoints)));
  const left = files.afterCrash('nothing').tree('/store/domains/web01');
  expect(left.filter(([path]) => path.endsWith('-full')).map(([path]) => path)).toEqual([
    `/store/domains/web01/${live}/${full.place.pointDirectory}`,
  ]);
});

/** The calls of a model as properties: a spread takes none from a prototype. */
function bound(files: VolatileFiles): Files {
  return {
    makeDirectory: (path) => files.makeDirectory(path),
    writeNew: (path, content) => files.writeNew(path, content),
    syncFile: (path) => files.syncFile(path),
    syncDirectory: (path) => files.syncDirectory(path),
    rename: (from, to) => files.rename(from, to),
    removeFile: (path) => files.removeFile(path),
    removeDirectory: (path) => files.removeDirectory(path),
    read: (path) => files.read(path),
    list: (path) => files.list(path),
    look: (path) => files.look(path),
  };
}
