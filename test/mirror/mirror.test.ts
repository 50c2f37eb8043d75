import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type LocalFiles, realLocalFiles } from '../../src/mirror/local-files.ts';
import { placeOf } from '../../src/mirror/mirror-place.ts';
import type { MirrorSettings } from '../../src/mirror/mirror.ts';
import { chainOn, failureOf, hold, later, must, theStore } from '../store/fixture.ts';
import { copyOf, lookAt, pointsIn, requestOf, temporaryDirectory, writeChain } from './fixture.ts';
import { modelEnd } from './model-end.ts';

const signal = new AbortController().signal;
const lost = { code: 'mirror-unreachable', message: 'the line is cut' };

function world(deletes: MirrorSettings['deletes'] = 'allowed') {
  const dir = temporaryDirectory();
  const [storePath, stateDir] = [join(dir.path, 'store'), join(dir.path, 'state')];
  mkdirSync(storePath);
  const points = writeChain(storePath, chainOn(1), 3);
  const end = modelEnd();
  const settings = { name: 'nas', target: 'model:/vol', bandwidthBytesPerSecond: null, deletes };
  const mirror = placeOf({ ...settings, stateDir }, end).of(theStore);
  return { ...dir, storePath, stateDir, points, end, mirror };
}

it('data go before manifests, and manifests by sequence', async () => {
  using w = world();
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  expect(w.end.calls).toEqual([
    'pullSmall',
    'pullSmall',
    'pushNew holdfast-mirror.json',
    'pullSmall',
    'push 0000/vda.qcow2 0000/domain.xml 0001/vda.qcow2 0001/domain.xml 0002/vda.qcow2 0002/domain.xml',
    'pushNew 0000/point.json 0001/point.json 0002/point.json',
  ]);
});

it('data that did not arrive publish nothing', async () => {
  using w = world();
  w.end.failures.set('push', lost);
  expect(failureOf(await w.mirror.copy(copyOf(w.storePath, w.points)))).toEqual(lost);
  expect([...w.end.files.keys()]).toEqual([`${theStore}/holdfast-mirror.json`]);
  expect(await lookAt(w.mirror)).toMatchObject({ kind: 'ready', directories: [] });
});

it('manifests that did not arrive leave a partial copy, which a host that knows the domain sees', async () => {
  using w = world();
  must(await w.mirror.copy(copyOf(w.storePath, w.points.slice(0, 1))));
  w.end.failures.set('pushNew', lost);
  expect(failureOf(await w.mirror.copy(copyOf(w.storePath, w.points)))).toEqual(lost);
  const [web01] = (await lookAt(w.mirror)).directories;
  expect(web01?.partial.map(({ pointDirectory }) => pointDirectory.slice(0, 4))).toEqual([
    '0001',
    '0002',
  ]);
  expect(web01?.chains[0]?.points).toHaveLength(1);
});

it.each(['list', 'pullSmall'])('a look whose %s fails is unseen, not empty', async (name) => {
  using w = world();
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  w.end.failures.set(name, lost);
  expect(await w.mirror.observe({ signal })).toEqual({ seen: false, failure: lost });
});

it('what has not changed does not travel, and a cache that is damaged only costs a look', async () => {
  using w = world();
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  const content = await lookAt(w.mirror);
  w.end.calls.length = 0;
  expect(await lookAt(w.mirror)).toEqual(content);
  expect(w.end.calls).toEqual(['list']);
  const [cache = ''] = readdirSync(join(w.stateDir, 'mirrors'));
  writeFileSync(join(w.stateDir, 'mirrors', cache, 'index.json'), '{ half');
  w.end.calls.length = 0;
  expect(await lookAt(w.mirror)).toEqual(content);
  expect(w.end.calls).toEqual(['list', 'pullSmall']);
});

it('what a power failure left of the cache is compared, once, and travels again where it is empty', async () => {
  using w = world();
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  const content = await lookAt(w.mirror);
  const [name = ''] = readdirSync(join(w.stateDir, 'mirrors'));
  const cache = join(w.stateDir, 'mirrors', name);
  const index = join(cache, 'index.json');
  const text = readFileSync(index, 'utf8');
  expect(text).toContain('"boot": "');
  // The index was fsynced; what it vouches for was not.
  writeFileSync(index, text.replace(/"boot": "[^"]*"/, '"boot": "the one before"'));
  const marker = join(cache, theStore, 'holdfast-mirror.json');
  writeFileSync(marker, Buffer.alloc(readFileSync(marker).length));
  w.end.calls.length = 0;
  expect(await lookAt(w.mirror)).toEqual(content);
  expect(await lookAt(w.mirror)).toEqual(content);
  expect(w.end.calls).toEqual(['list', 'pullSmall', 'list']);
  expect(readFileSync(index, 'utf8')).toBe(text);
});

it('a look that is cut off before its index leaves nothing under a version that may come back', async () => {
  using w = world();
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  const content = await lookAt(w.mirror);
  const path = `${theStore}/${w.points[1]?.path}/point.json`;
  const manifest = w.end.files.get(path) ?? Buffer.from('');
  w.end.files.set(path, manifest.subarray(0, 100));
  let writes = 0;
  const failing: LocalFiles = {
    ...realLocalFiles,
    files: {
      ...realLocalFiles.files,
      writeNew: (name, text) => {
        writes += name.includes('index.json') ? 1 : 0;
        if (writes < 2) return realLocalFiles.files.writeNew(name, text);
        throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'write', path: name });
      },
    },
  };
  const settings = { name: 'nas', target: 'model:/vol', bandwidthBytesPerSecond: null } as const;
  const given = { ...settings, deletes: 'allowed', stateDir: w.stateDir } as const;
  const cut = await placeOf(given, w.end, failing).of(theStore).observe({ signal });
  expect(cut.seen ? 'seen' : cut.failure.code).toBe('io-error');
  expect(writes).toBe(2);
  // Another host brings back what was there, with the time that it had.
  w.end.files.set(path, manifest);
  expect(await lookAt(w.mirror)).toEqual(content);
});

it('a store whose disk fails is a failure of this host, in words', async () => {
  using w = world();
  const failing: LocalFiles = {
    ...realLocalFiles,
    files: {
      ...realLocalFiles.files,
      look: (path) => {
        if (!path.startsWith(w.storePath) || !path.endsWith('/closed.json'))
          return realLocalFiles.files.look(path);
        throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'lstat', path });
      },
    },
  };
  const settings = { name: 'nas', target: 'model:/vol', bandwidthBytesPerSecond: null } as const;
  const given = { ...settings, deletes: 'allowed', stateDir: w.stateDir } as const;
  const mirror = placeOf(given, w.end, failing).of(theStore);
  const copied = failureOf(await mirror.copy(copyOf(w.storePath, w.points)));
  expect(copied.code).toBe('io-error');
  expect(copied.message.replace(w.storePath, '/store')).toMatch(
    /^working for mirror nas: \/store\/domains\/web01\/\S+\/closed.json: the disk reports an error; look at it and at the kernel log$/,
  );
});

it('points are hidden newest first, and purged data first', async () => {
  using w = world();
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  w.end.calls.length = 0;
  must(await w.mirror.hide({ ...requestOf(w.points.slice(1)), at: later }));
  expect(w.end.calls).toEqual([
    'pullSmall',
    'push 0001/deleted.json 0002/deleted.json',
    'rename 0002/point.json 0001/point.json',
  ]);
  w.end.calls.length = 0;
  must(await w.mirror.purge(requestOf(w.points.slice(1))));
  expect(w.end.calls).toEqual([
    'pullSmall',
    'list',
    'remove 0002/vda.qcow2,0002/domain.xml,0001/vda.qcow2,0001/domain.xml 0002/point.deleted.json,0002/deleted.json,0001/point.deleted.json,0001/deleted.json',
  ]);
  expect(pointsIn(await lookAt(w.mirror))).toEqual([`web01/${chainOn(1)}/0`]);
});

/** A chain at the mirror of which the second point was found damaged, and both last ones were deleted. */
async function markedAndHidden() {
  const w = world();
  const [, second] = w.points;
  if (second === undefined) throw new Error('no second point');
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  const image = `${theStore}/${second.path}/vda.qcow2`;
  const mark = `${theStore}/${second.path}/quarantine.json`;
  w.end.files.set(image, Buffer.from('damaged'));
  const { directory, chain, pointDirectory } = second;
  const files = ['vda.qcow2'];
  const notes = [
    { pointDirectory, at: later, result: 'damaged', code: 'hash-differs', message: 'bad', files },
  ] as const;
  must(await w.mirror.note({ directory, chain, notes, signal }));
  must(await w.mirror.hide({ ...requestOf(w.points.slice(1)), at: later }));
  expect(w.end.files.has(mark)).toBe(true);
  w.end.calls.length = 0;
  return { ...w, image, mark };
}

it('I3: a deleted copy that was in quarantine comes back sound and unmarked, in one copy', async () => {
  using w = await markedAndHidden();
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  expect(w.end.calls).toEqual([
    'pullSmall',
    'push 0000/vda.qcow2 0000/domain.xml 0002/vda.qcow2 0002/domain.xml',
    'hash 0001/vda.qcow2 0001/domain.xml',
    'push 0001/vda.qcow2',
    'hash 0001/vda.qcow2',
    'remove 0001/quarantine.json',
    'pushNew 0001/point.json 0002/point.json',
  ]);
  expect(pointsIn(await lookAt(w.mirror))).toEqual(
    [0, 1, 2].map((n) => `web01/${chainOn(1)}/${n}`),
  );
  const verified = must(
    await w.mirror.verify({ ...requestOf(w.points), onBytes: () => undefined }),
  );
  expect(verified.points.map(({ bad }) => bad)).toEqual([[], [], []]);
});

it('a deleted copy that is damaged still stays marked, and is no point', async () => {
  using w = await markedAndHidden();
  const [, second] = w.points;
  writeFileSync(join(w.storePath, second?.path ?? '', 'vda.qcow2'), 'damaged here too');
  const failure = failureOf(await w.mirror.copy(copyOf(w.storePath, w.points)));
  expect(failure).toEqual({
    code: 'hash-differs',
    message: `mirror nas (model:/vol): ${second?.path}/vda.qcow2 was damaged there, was sent again, and is not what its manifest says; verify the point in the store, and look at the disk there`,
  });
  expect(w.end.files.has(w.mark)).toBe(true);
  expect(pointsIn(await lookAt(w.mirror))).toEqual([`web01/${chainOn(1)}/0`]);
});

it.each(['hash', 'push', 'remove'])(
  'a copy that is cut off at %s leaves the mark, and the next one mends',
  async (name) => {
    using w = await markedAndHidden();
    w.end.failures.set(name, lost);
    expect(failureOf(await w.mirror.copy(copyOf(w.storePath, w.points)))).toEqual(lost);
    expect(w.end.files.has(w.mark)).toBe(true);
    expect(pointsIn(await lookAt(w.mirror))).toEqual([`web01/${chainOn(1)}/0`]);
    w.end.failures.clear();
    must(await w.mirror.copy(copyOf(w.storePath, w.points)));
    expect(w.end.files.has(w.mark)).toBe(false);
    expect(pointsIn(await lookAt(w.mirror))).toHaveLength(3);
  },
);

it('files that nobody knows are not purged', async () => {
  using w = world();
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  must(await w.mirror.hide({ ...requestOf(w.points), at: later }));
  const foreign = `${theStore}/${w.points[0]?.path}/thesis.doc`;
  w.end.files.set(foreign, Buffer.from('mine'));
  must(await w.mirror.purge(requestOf(w.points)));
  expect([...w.end.files.keys()]).toEqual([`${theStore}/holdfast-mirror.json`, foreign]);
  expect(await lookAt(w.mirror)).toMatchObject({ directories: [], foreign: 2 });
});

it('with deletes: never no process is started', async () => {
  using w = world('never');
  const refused = failureOf(await w.mirror.hide({ ...requestOf(w.points), at: later }));
  expect(refused.code).toBe('deletes-never');
  expect(failureOf(await w.mirror.purge(requestOf(w.points))).code).toBe('deletes-never');
  expect(w.end.calls).toEqual([]);
});

it('nothing is changed where our marker is not', async () => {
  using w = world();
  for (const { path } of w.points) {
    w.end.files.set(`${theStore}/${path}/point.json`, Buffer.from('{}'));
  }
  const seen = await w.mirror.observe({ signal });
  expect(seen.seen ? 'seen' : seen.failure).toEqual({
    code: 'marker-missing',
    message: `mirror nas (model:/vol): there are points of store ${theStore} and no holdfast-mirror.json: they were not copied by Holdfast; move ${theStore} there out of the way`,
  });
  const thing = { directory: 'web01', chain: chainOn(1), pointDirectory: null, signal };
  for (const done of [
    await w.mirror.hide({ ...requestOf(w.points), at: later }),
    await w.mirror.purge(requestOf(w.points)),
    await w.mirror.hold({ ...thing, hold }),
    await w.mirror.release(thing),
  ]) {
    expect(failureOf(done)).toEqual({
      code: 'not-a-point',
      message: `mirror nas (model:/vol): there is no holdfast-mirror.json of store ${theStore}, so nothing there is changed`,
    });
  }
  expect(failureOf(await w.mirror.copy(copyOf(w.storePath, w.points))).code).toBe('conflict');
});

it('another mirror at the same place is not the one that was there', async () => {
  using w = world();
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  const marker = { format: 1, id: 'c'.repeat(32), store: theStore, createdAt: later };
  w.end.files.set(`${theStore}/holdfast-mirror.json`, Buffer.from(JSON.stringify(marker)));
  const seen = await w.mirror.observe({ signal });
  expect(seen.seen ? 'seen' : seen.failure).toEqual({
    code: 'mirror-lost',
    message: `mirror nas (model:/vol): it is another mirror than the one that was here before; bring the mirror back, or take its line out of ${w.stateDir}/mirrors.json to begin anew there`,
  });
});

it('what is said of a hidden point whose records are damaged', async () => {
  using w = world();
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  must(await w.mirror.hide({ ...requestOf(w.points.slice(2)), at: later }));
  const path = `${theStore}/${w.points[2]?.path}`;
  w.end.files.set(`${path}/point.deleted.json`, Buffer.from('{'));
  w.end.files.set(`${path}/deleted.json`, Buffer.from('{'));
  const [web01] = (await lookAt(w.mirror)).directories;
  expect(web01?.deleted).toMatchObject([
    { sequence: 2, id: '20261101T020200Z-0000', deletedAt: null },
  ]);
});
