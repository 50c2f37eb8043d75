import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openRsync } from '../../src/mirror/rsync.ts';
import {
  copyOf,
  lookAt,
  pointsIn,
  requestOf,
  temporaryDirectory,
  writeChain,
} from '../mirror/fixture.ts';
import { chainOn, failureOf, must, theStore } from '../store/fixture.ts';
import { must1 } from './mirror-world.ts';

const bytes = 17 * 1024 ** 2;

/** A store with two points of a size that is copied past the page cache, and a mirror that is a directory. */
function world() {
  const dir = temporaryDirectory();
  const [storePath, stateDir, root] = ['store', 'state', 'mirror'].map((name) =>
    join(dir.path, name),
  );
  if (storePath === undefined || stateDir === undefined || root === undefined)
    throw new Error('three');
  mkdirSync(storePath);
  mkdirSync(root);
  const points = writeChain(storePath, chainOn(1), 2, { bytes });
  const opened = openRsync({
    name: 'nas',
    target: root,
    bandwidthBytesPerSecond: null,
    deletes: 'allowed',
    stateDir,
    ssh: { identityFile: null, knownHosts: null, port: null },
  });
  const image = (index: number): string => join(must1(points, index).path, 'vda.qcow2');
  const here = (index: number): string => join(storePath, image(index));
  const there = (index: number): string => join(root, theStore, image(index));
  return { ...dir, storePath, root, points, here, there, mirror: must(opened).of(theStore) };
}

it('copies large images, once, and brings them back', async () => {
  using w = world();
  let told = 0;
  const request = {
    ...copyOf(w.storePath, w.points),
    onBytes: (count: number) => void (told += count),
  };
  const first = must(await w.mirror.copy(request));
  // Two images, two definitions, two manifests.
  expect(first).toMatchObject({ files: 6, durability: 'synced' });
  expect(first.bytes).toBeGreaterThan(2 * bytes);
  expect(told).toBeGreaterThanOrEqual(2 * bytes);
  expect(pointsIn(await lookAt(w.mirror))).toHaveLength(2);
  expect(must(await w.mirror.copy(request))).toEqual({ files: 0, bytes: 0, durability: 'synced' });
  const into = join(w.path, 'back');
  mkdirSync(into);
  must(await w.mirror.fetch({ ...requestOf(w.points), into, onBytes: () => undefined }));
  for (const [index, { pointDirectory }] of w.points.entries()) {
    const back = readFileSync(join(into, pointDirectory, 'vda.qcow2'));
    expect(back.equals(readFileSync(w.here(index)))).toBe(true);
    expect(readFileSync(w.there(index)).equals(back)).toBe(true);
  }
});

it('an image that is not what its manifest says does not travel, nor does its manifest', async () => {
  using w = world();
  truncateSync(w.here(1), bytes - 1);
  appendFileSync(w.here(1), 'x');
  expect(failureOf(await w.mirror.copy(copyOf(w.storePath, w.points)))).toEqual({
    code: 'hash-differs',
    message: `mirror nas (${w.root}): ${w.here(1)} is not what its manifest says, so it is not copied; verify the point`,
  });
  expect(existsSync(w.there(0))).toBe(true);
  expect(existsSync(w.there(1))).toBe(false);
  expect(pointsIn(await lookAt(w.mirror))).toEqual([]);
});

it('goes on with a part, and heals what is damaged there', async () => {
  using w = world();
  must(await w.mirror.copy(copyOf(w.storePath, w.points.slice(0, 1))));
  // What a copy that was killed leaves: the beginning, where rsync too would leave it.
  const partial = join(w.there(0), '..', '.holdfast-partial');
  mkdirSync(partial);
  renameSync(w.there(0), join(partial, 'vda.qcow2'));
  truncateSync(join(partial, 'vda.qcow2'), 5 * 1024 ** 2);
  must(await w.mirror.copy(copyOf(w.storePath, w.points)));
  expect(existsSync(partial)).toBe(false);
  truncateSync(w.there(1), bytes - 1);
  appendFileSync(w.there(1), 'x');
  must(await w.mirror.copy(copyOf(w.storePath, w.points, 'content')));
  for (const index of [0, 1])
    expect(readFileSync(w.there(index)).equals(readFileSync(w.here(index)))).toBe(true);
});
