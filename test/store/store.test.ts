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
import { pointId, storeId } from '../../src/model/identity.ts';
import type { StoreMemory } from '../../src/model/observed-store.ts';
import { createStore } from '../../src/store/create.ts';
import { observeStore } from '../../src/store/observe.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import {
  chainOn,
  db1,
  failureOf,
  hold,
  later,
  must,
  pointOf,
  publishPoints,
  temporary,
  theRun,
  web01,
} from './fixture.ts';

const old = chainOn(1);
const live = chainOn(8);
const full = pointOf(live, 0);
const trashPath = `.trash/${theRun}/web01/${old}`;

function made(dir: ReturnType<typeof temporary>): Store {
  must(createStore(dir.ref, later));
  return must(openStore(dir.ref));
}

const look = async ({ path, stateDir }: ReturnType<typeof temporary>) => {
  const { state } = await observeStore({ name: 'main', path, requireMount: false, stateDir });
  if (state.kind !== 'ready') throw new Error(JSON.stringify(state));
  return state;
};

const trashOf = (points: readonly string[]) => ({
  directory: 'web01',
  chain: old,
  uuid: web01,
  points: points.map(pointId),
  run: theRun,
  at: later,
});
const oldPoints = [0, 1].map((sequence) => pointOf(old, sequence).manifest.point);

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
    const store = made(dir);
    const other = { format: 1, id: storeId('f'.repeat(32)), createdAt: later };
    writeFileSync(join(dir.path, 'holdfast-store.json'), JSON.stringify(other));
    const expected = {
      code: 'other-store',
      message: `${dir.path} is store ${'f'.repeat(32)}, not ${dir.ref.id}: another disk is mounted there`,
    };
    expect(failureOf(openStore(dir.ref))).toEqual(expected);
    expect(failureOf(store.beginPoint(full.place, full.manifest.point, web01))).toEqual(expected);
    expect(failureOf(store.trashChain(trashOf([])))).toEqual(expected);
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

describe('publishing', () => {
  it('makes a point that is read back, 0600 in 0700', () => {
    using dir = temporary();
    const store = made(dir);
    publishPoints(store, live, [0, 1]);
    expect(must(store.readManifest(full.place))).toEqual(full.manifest);
    expect(must(store.readChain('web01', live)).map(({ manifest }) => manifest.sequence)).toEqual([
      0, 1,
    ]);
    const point = join(dir.path, 'domains/web01', live, full.place.pointDirectory);
    expect(statSync(point).mode & 0o777).toBe(0o700);
    expect(readdirSync(point).toSorted()).toEqual(['domain.xml', 'point.json', 'vda.qcow2']);
    for (const name of readdirSync(point))
      expect(statSync(join(point, name)).mode & 0o777).toBe(0o600);
  });

  it('refuses a point that is there, one of its number, and an incoming of its id', () => {
    using dir = temporary();
    const store = made(dir);
    publishPoints(store, live, [0]);
    const chain = `${dir.path}/domains/web01/${live}`;
    expect(failureOf(store.beginPoint(full.place, full.manifest.point, web01))).toEqual({
      code: 'point-exists',
      message: `${chain}/0000-20261108T020000Z-full is there already; plan again`,
    });
    const next = pointOf(live, 1);
    must(store.beginPoint(next.place, next.manifest.point, web01));
    expect(failureOf(store.beginPoint(next.place, next.manifest.point, web01))).toEqual({
      code: 'incoming-exists',
      message: `${chain}/.incoming-0001-20261108T020100Z-0001-${web01} is there already; plan again`,
    });
  });

  it('refuses a closed chain', () => {
    using dir = temporary();
    const store = made(dir);
    publishPoints(store, live, [0]);
    must(store.closeChain('web01', live, 'restored', later));
    const next = pointOf(live, 1);
    expect(failureOf(store.beginPoint(next.place, next.manifest.point, web01))).toEqual({
      code: 'chain-closed',
      message: `${dir.path}/domains/web01/${live} is closed: no point may be added to it; plan again`,
    });
  });

  it.each([
    [
      'an image with another size',
      'vda.qcow2',
      'short',
      'file-size',
      'vda.qcow2 has 5 bytes, its manifest says 7',
    ],
    ['no image', null, '', 'file-missing', 'vda.qcow2 is not there'],
    [
      'a file that no manifest names',
      'extra.tar',
      'x',
      'unlisted-file',
      'extra.tar is not in the manifest',
    ],
  ])('refuses %s, and leaves nothing', async (_what, name, content, code, why) => {
    using dir = temporary();
    const store = made(dir);
    const incoming = must(store.beginPoint(full.place, full.manifest.point, web01));
    must(incoming.writeFile('domain.xml', '<domain/>'));
    if (name !== null) writeFileSync(`${incoming.path}/${name}`, content);
    const failure = failureOf(incoming.publish(full.manifest));
    expect(failure).toEqual({ code, message: `${incoming.path}/${why}` });
    must(incoming.discard());
    expect(readdirSync(join(dir.path, 'domains'))).toEqual([]);
  });

  it('refuses a parent that is gone, damaged or quarantined, and a domain in another’s directory', () => {
    using dir = temporary();
    const store = made(dir);
    publishPoints(store, live, [0]);
    const next = pointOf(live, 1);
    const incoming = must(store.beginPoint(next.place, next.manifest.point, web01));
    must(incoming.writeFile('domain.xml', '<domain/>'));
    writeFileSync(`${incoming.path}/vda.qcow2`, 'image 1');
    const chain = `${dir.path}/domains/web01/${live}`;
    const stranger = { ...next.manifest, parent: pointId('20260101T020000Z-0000') };
    expect(failureOf(incoming.publish(stranger))).toEqual({
      code: 'parent-missing',
      message: `${chain} holds no readable point 20260101T020000Z-0000, the parent`,
    });
    const other = { ...next.manifest, domain: { uuid: db1, name: 'db1' } };
    expect(failureOf(incoming.publish(other))).toEqual({
      code: 'directory-taken',
      message: `${dir.path}/domains/web01 holds points of domain ${web01}`,
    });
    must(store.quarantine(full.place, { code: 'hash-differs', message: 'vda' }, later));
    expect(failureOf(incoming.publish(next.manifest))).toEqual({
      code: 'quarantined',
      message: `${chain}/0000-20261108T020000Z-full is quarantined`,
    });
  });

  it('writes only files that a point has', () => {
    using dir = temporary();
    const incoming = must(made(dir).beginPoint(full.place, full.manifest.point, web01));
    for (const name of ['../x.xml', 'point.json', '.x.tmp', 'a/b.xml', 'x.sh']) {
      expect(failureOf(incoming.writeFile(name, 'x'))).toEqual({
        code: 'bad-path',
        message:
          `writing`.length > 0
            ? `${JSON.stringify(name)} is not the name of a file of a point`
            : '',
      });
    }
  });
});

describe('names and paths (G212, G408)', () => {
  it.each(['..', '.', 'a/b', '', '.hidden', 'a b'])('refuses the directory %j', (directory) => {
    using dir = temporary();
    const store = made(dir);
    const failure = failureOf(
      store.beginPoint({ ...full.place, directory }, full.manifest.point, web01),
    );
    expect(failure).toEqual({
      code: 'bad-path',
      message: `${JSON.stringify(directory)} is not the name of a domain directory`,
    });
  });

  it('follows no symlink', () => {
    using dir = temporary();
    const store = made(dir);
    const outside = join(dir.path, '../outside');
    mkdirSync(join(outside, live), { recursive: true });
    symlinkSync(outside, join(dir.path, 'domains/web01'));
    const expected = {
      code: 'symlink',
      message: `${dir.path}/domains/web01 is a symbolic link, and Holdfast follows none in a store; put the directory or file itself there`,
    };
    expect(failureOf(store.beginPoint(full.place, full.manifest.point, web01))).toEqual(expected);
    expect(failureOf(store.trashChain({ ...trashOf([]), chain: live }))).toEqual(expected);
    expect(failureOf(store.writeHold('web01', live, null, hold))).toEqual(expected);
    expect(readdirSync(join(outside, live))).toEqual([]);
  });

  it.each([
    'domains/web01',
    `domains/web01/${live}/0000-20261108T020000Z-full`,
    `../x/${live}/.incoming-0000-20261108T020000Z-0000`,
    `/etc/${live}/.incoming-0000-20261108T020000Z-0000`,
    `domains/web01/${live}/.incoming-0000-20261108T020000Z-0000/..`,
  ])('discards nothing but an incoming point: %s', (path) => {
    using dir = temporary();
    const store = made(dir);
    publishPoints(store, live, [0]);
    expect(failureOf(store.discardIncoming(path))).toEqual({
      code: 'bad-path',
      message: `${JSON.stringify(path)} is not the path of an incoming point`,
    });
    expect(must(store.readManifest(full.place))).toEqual(full.manifest);
  });

  it('leaves an incoming point alone that has a symlink or a directory in it', () => {
    using dir = temporary();
    const incoming = must(made(dir).beginPoint(full.place, full.manifest.point, web01));
    must(incoming.writeFile('domain.xml', '<domain/>'));
    symlinkSync('/etc/passwd', `${incoming.path}/vda.qcow2`);
    expect(failureOf(incoming.discard())).toEqual({
      code: 'symlink',
      message: `${incoming.path}/vda.qcow2 is a symbolic link, and Holdfast follows none in a store; put the directory or file itself there`,
    });
    expect(readdirSync(incoming.path).toSorted()).toEqual(['domain.xml', 'vda.qcow2']);
  });
});

describe('the trash', () => {
  it('takes a chain, and gives it back held', async () => {
    using dir = temporary();
    const store = made(dir);
    publishPoints(store, old, [0, 1]);
    publishPoints(store, live, [0]);
    must(store.trashChain(trashOf(oldPoints)));
    const trashed = await look(dir);
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
    const restored = await look(dir);
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
    const store = made(dir);
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
    const store = made(dir);
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
    const store = made(dir);
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

  it('is purged, and leaves no directory', async () => {
    using dir = temporary();
    const store = made(dir);
    publishPoints(store, old, [0, 1]);
    publishPoints(store, live, [0]);
    must(store.trashChain(trashOf(oldPoints)));
    must(store.purgeTrash(trashPath, old));
    expect(readdirSync(join(dir.path, '.trash'))).toEqual([]);
    expect((await look(dir)).directories[0]?.chains.map(({ id }) => id)).toEqual([live]);
  });
});

const otherRun = `${theRun.slice(0, -1)}d` as typeof theRun;

it('remembers, holds, closes and looks', async () => {
  using dir = temporary();
  const store = made(dir);
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
  const state = await look(dir);
  expect(state.memory).toEqual(memory);
  expect(state.directories[0]?.lastLook).toEqual(lastLook);
  expect(state.directories[0]?.chains[0]).toMatchObject({ held: true, closed: 'untracked' });
  expect(state.directories[0]?.chains[0]?.points.map(({ held }) => held)).toEqual([
    true,
    undefined,
  ]);
  must(store.removeHold('web01', live, null));
  must(store.removeHold('web01', live, null));
  expect((await look(dir)).directories[0]?.chains[0]?.held).toBe(false);
});
