import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MirrorPlace, MirrorSettings } from '../../src/mirror/mirror.ts';
import { storeId } from '../../src/model/identity.ts';
import type { ObservedMirrorContent } from '../../src/model/observed-mirror.ts';
import type { Failure, Result } from '../../src/model/result.ts';
import {
  copyOf,
  lookAt,
  pointsIn,
  requestOf,
  temporaryDirectory,
  writeChain,
  type WrittenPoint,
} from '../mirror/fixture.ts';
import { chainOn, db1, failureOf, hold, later, must, theStore } from '../store/fixture.ts';

/** A kind of mirror under test, and a way round it to what lies there. */
export interface Subject {
  readonly title: string;
  /** A new empty root, and a mirror on it. */
  readonly open: (
    settings: Pick<MirrorSettings, 'deletes' | 'stateDir'>,
    root: string,
  ) => Result<MirrorPlace, Failure>;
  /** Makes an empty root and tells its name. */
  readonly makeRoot: () => Promise<string>;
  /** Reads, writes and removes files there without Holdfast; paths below the root. */
  readonly read: (root: string, path: string) => Promise<Buffer | null>;
  readonly write: (root: string, path: string, content: Buffer) => Promise<void>;
  readonly remove: (root: string, path: string) => Promise<void>;
  readonly hashedAt: 'far-end' | 'here';
  readonly durability: 'synced' | 'unknown';
  /** Whether free space can be asked there. */
  readonly tellsSpace: boolean;
}

const signal = new AbortController().signal;
const marker = `${theStore}/holdfast-mirror.json`;

/** A store with a chain of three points, a new mirror and the host's state. */
async function world(subject: Subject, deletes: 'allowed' | 'never' = 'allowed') {
  const dir = temporaryDirectory();
  const [storePath, stateDir] = [join(dir.path, 'store'), join(dir.path, 'state')];
  mkdirSync(storePath);
  const root = await subject.makeRoot();
  const place = must(subject.open({ deletes, stateDir }, root));
  const points = writeChain(storePath, chainOn(1), 3);
  return { ...dir, storePath, stateDir, root, place, mirror: place.of(theStore), points };
}

const below = ({ path }: WrittenPoint, file: string): string => `${theStore}/${path}/${file}`;

function pick(points: readonly WrittenPoint[], ...indices: readonly number[]) {
  return points.filter((_, index) => indices.includes(index));
}

/** All but the free space, which changes by itself. */
const contentOf = ({ freeBytes: _, ...content }: ObservedMirrorContent) => content;

/** What every kind of mirror does. */
export function mirrorContract(subject: Subject): void {
  const { title, read, write, remove } = subject;

  describe(`${title}: copies`, () => {
    it('a new mirror is blank, then it holds what was copied, and a second copy sends nothing', async () => {
      using w = await world(subject);
      expect(await lookAt(w.mirror)).toMatchObject({ kind: 'blank', directories: [], foreign: 0 });
      let heard = 0;
      const onBytes = (bytes: number) => void (heard += bytes);
      const first = must(await w.mirror.copy({ ...copyOf(w.storePath, w.points), onBytes }));
      expect(first).toMatchObject({ files: 9, durability: subject.durability });
      expect(heard).toBeGreaterThan(0);
      const content = await lookAt(w.mirror);
      expect(content).toMatchObject({ kind: 'ready', unreadable: [], foreign: 0 });
      expect(content.freeBytes === null).toBe(!subject.tellsSpace);
      expect(content.directories).toMatchObject([
        {
          directory: 'web01',
          name: 'web01',
          uuid: w.points[0]?.manifest.domain.uuid,
          deleted: [],
          partial: [],
          chains: [{ id: chainOn(1), held: false, closed: null, points: [{}, {}, {}] }],
        },
      ]);
      expect(pointsIn(content)).toEqual([0, 1, 2].map((n) => `web01/${chainOn(1)}/${n}`));
      for (const point of w.points) {
        for (const file of ['vda.qcow2', 'domain.xml', 'point.json']) {
          const there = await read(w.root, below(point, file));
          expect(there).toEqual(readFileSync(join(w.storePath, point.path, file)));
        }
      }
      const again = must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      expect(again).toMatchObject({ files: 0, bytes: 0 });
      expect(contentOf(await lookAt(w.mirror))).toEqual(contentOf(content));
    });

    it('a host that forgot its cache sees the same', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      const content = await lookAt(w.mirror);
      rmSync(w.stateDir, { recursive: true });
      expect(contentOf(await lookAt(w.mirror))).toEqual(contentOf(content));
    });

    it('two stores lie side by side, and each sees its own', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, pick(w.points, 0))));
      const other = storeId('f'.repeat(32));
      const second = w.place.of(other);
      expect(await lookAt(second)).toMatchObject({ kind: 'blank', foreign: 0 });
      expect(await w.place.stores({ signal })).toEqual({ seen: true, value: [theStore] });
      const wrong = failureOf(await second.copy(copyOf(w.storePath, pick(w.points, 0))));
      expect(wrong.code).toBe('manifest-misplaced');
    });

    it('marks travel before the manifest, a hold there stays', async () => {
      using w = await world(subject);
      const chain = join(w.storePath, 'domains/web01', chainOn(1));
      const closed = { formatVersion: 1, at: later, code: 'restored' };
      writeFileSync(join(chain, 'closed.json'), JSON.stringify(closed));
      writeFileSync(join(w.storePath, w.points[1]?.path ?? '', 'hold.json'), JSON.stringify(hold));
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      const held = (await lookAt(w.mirror)).directories[0]?.chains[0];
      expect(held).toMatchObject({ closed: 'restored', held: false });
      expect(held?.points.map(({ held: each }) => each === true)).toEqual([false, true, false]);
      rmSync(join(w.storePath, w.points[1]?.path ?? '', 'hold.json'));
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      expect(await read(w.root, below(must1(w.points, 1), 'hold.json'))).not.toBeNull();
    });

    it('data without a manifest is no point, and is gone on with', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      await remove(w.root, below(must1(w.points, 2), 'point.json'));
      await remove(w.root, below(must1(w.points, 2), 'domain.xml'));
      const [web01] = (await lookAt(w.mirror)).directories;
      expect(web01?.partial).toEqual([
        {
          chain: chainOn(1),
          pointDirectory: w.points[2]?.pointDirectory,
          bytes: 1000,
        },
      ]);
      expect(web01?.chains[0]?.points).toHaveLength(2);
      expect(must(await w.mirror.copy(copyOf(w.storePath, w.points)))).toMatchObject({ files: 2 });
      expect((await lookAt(w.mirror)).directories[0]?.chains[0]?.points).toHaveLength(3);
    });

    it('a manifest of another content is a conflict, before any data is sent', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      const first = must1(w.points, 0);
      const other = JSON.stringify({ ...first.manifest, note: 'another' });
      await write(w.root, below(first, 'point.json'), Buffer.from(other));
      const file = join(w.storePath, first.path, 'vda.qcow2');
      appendFileSync(file, 'longer');
      const before = await read(w.root, below(first, 'vda.qcow2'));
      const failure = failureOf(await w.mirror.copy(copyOf(w.storePath, w.points, 'content')));
      expect(failure.code).toBe('conflict');
      expect(failure.message).toContain(
        `${first.path}/point.json there has another content than the store's; compare the two, and move the wrong one away`,
      );
      expect(await read(w.root, below(first, 'vda.qcow2'))).toEqual(before);
    });
  });

  describe(`${title}: damage`, () => {
    it('missing and short files are faults, and so is what stands on them', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      await write(w.root, below(must1(w.points, 1), 'vda.qcow2'), Buffer.from('short'));
      const faults = pointsIn(await lookAt(w.mirror)).map((text) => text.split(':')[1]);
      expect(faults).toEqual([undefined, 'file-size', 'parent-faulty']);
      await remove(w.root, below(must1(w.points, 0), 'vda.qcow2'));
      const more = pointsIn(await lookAt(w.mirror)).map((text) => text.split(':')[1]);
      expect(more).toEqual(['file-missing', 'file-size', 'parent-faulty']);
    });

    it('a flipped bit is found by hash, and healed from the store', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      const image = below(must1(w.points, 1), 'vda.qcow2');
      const bytes = Buffer.from((await read(w.root, image)) ?? '');
      bytes[500] = (bytes[500] ?? 0) ^ 1;
      await write(w.root, image, bytes);
      await remove(w.root, below(must1(w.points, 2), 'domain.xml'));
      let heard = 0;
      const onBytes = (count: number) => void (heard += count);
      const found = must(await w.mirror.verify({ ...requestOf(w.points), onBytes }));
      expect(found.points.map(({ bad }) => bad)).toEqual([
        [],
        [{ file: 'vda.qcow2', code: 'hash-differs' }],
        [{ file: 'domain.xml', code: 'file-missing' }],
      ]);
      expect(found.hashedAt).toBe(subject.hashedAt);
      expect(found.bytes).toBe(heard);
      expect(heard).toBeGreaterThan(3000);
      must(await w.mirror.copy(copyOf(w.storePath, w.points, 'content')));
      const healed = must(await w.mirror.verify({ ...requestOf(w.points), onBytes }));
      expect(healed.points.map(({ bad }) => bad)).toEqual([[], [], []]);
    });

    it('a damaged manifest is replaced when contents are compared', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      await write(w.root, below(must1(w.points, 1), 'point.json'), Buffer.from('{ half'));
      const faults = pointsIn(await lookAt(w.mirror)).map((text) => text.split(':')[1]);
      expect(faults).toEqual([undefined, 'manifest-unreadable', 'parent-faulty']);
      expect(failureOf(await w.mirror.copy(copyOf(w.storePath, w.points))).code).toBe('conflict');
      must(await w.mirror.copy(copyOf(w.storePath, w.points, 'content')));
      expect(pointsIn(await lookAt(w.mirror))).toEqual(
        [0, 1, 2].map((n) => `web01/${chainOn(1)}/${n}`),
      );
    });

    it('a mirror that was wiped is lost, not empty', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      await lookAt(w.mirror);
      await remove(w.root, marker);
      const lost = await w.mirror.observe({ signal });
      expect(lost.seen ? 'seen' : lost.failure).toEqual({
        code: 'mirror-lost',
        message: `mirror nas (${w.place.target}): holdfast-mirror.json of this store is gone: the mirror was wiped, or another disk is mounted; bring the mirror back, or take its line out of ${w.stateDir}/mirrors.json to begin anew there`,
      });
      const copied = await w.mirror.copy(copyOf(w.storePath, w.points));
      expect(failureOf(copied).code).toBe('mirror-lost');
    });
  });

  describe(`${title}: deleting`, () => {
    it('hides, sees what is hidden, purges it', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      const gone = pick(w.points, 1, 2);
      must(await w.mirror.hide({ ...requestOf(gone), at: later }));
      must(await w.mirror.hide({ ...requestOf(gone), at: hold.at }));
      const [web01] = (await lookAt(w.mirror)).directories;
      expect(web01?.chains[0]?.points.map(({ sequence }) => sequence)).toEqual([0]);
      expect(web01?.deleted).toMatchObject(
        gone.map(({ pointDirectory, manifest }) => ({
          chain: chainOn(1),
          pointDirectory,
          id: manifest.point,
          sequence: manifest.sequence,
          deletedAt: later,
        })),
      );
      expect(web01?.deleted[0]?.bytes).toBeGreaterThan(1000);
      expect(failureOf(await w.mirror.purge(requestOf(w.points))).code).toBe('conflict');
      must(await w.mirror.purge(requestOf(gone)));
      must(await w.mirror.purge(requestOf(gone)));
      expect((await lookAt(w.mirror)).directories).toMatchObject([{ deleted: [], partial: [] }]);
      expect(await read(w.root, below(must1(w.points, 1), 'vda.qcow2'))).toBeNull();
      expect(await read(w.root, below(must1(w.points, 0), 'vda.qcow2'))).not.toBeNull();
      must(await w.mirror.hide({ ...requestOf(w.points.slice(0, 1)), at: later }));
      expect((await lookAt(w.mirror)).directories).toMatchObject([
        { name: 'web01', chains: [], deleted: [{ sequence: 0 }] },
      ]);
      must(await w.mirror.purge(requestOf(w.points.slice(0, 1))));
      expect(await lookAt(w.mirror)).toMatchObject({ kind: 'ready', directories: [], foreign: 0 });
    });

    it('what is held is neither hidden nor purged till it is released there', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      const { directory, chain } = must1(w.points, 0);
      const thing = { directory, chain, pointDirectory: null, signal };
      must(await w.mirror.hold({ ...thing, hold }));
      must(await w.mirror.hold({ ...thing, hold }));
      const taken = await w.mirror.hold({ ...thing, hold: { ...hold, who: 'auditor' } });
      expect(failureOf(taken).code).toBe('conflict');
      expect((await lookAt(w.mirror)).directories[0]?.chains[0]?.held).toBe(true);
      const hidden = await w.mirror.hide({ ...requestOf(w.points), at: later });
      expect(failureOf(hidden).code).toBe('held');
      must(await w.mirror.release(thing));
      must(await w.mirror.release(thing));
      must(await w.mirror.hide({ ...requestOf(w.points), at: later }));
      must(await w.mirror.hold({ ...thing, hold }));
      expect((await lookAt(w.mirror)).directories[0]?.deleted[0]?.held).toBe(true);
      expect(failureOf(await w.mirror.purge(requestOf(w.points))).code).toBe('held');
      expect(await read(w.root, below(must1(w.points, 0), 'vda.qcow2'))).not.toBeNull();
    });

    it('with deletes: never nothing is deleted', async () => {
      using w = await world(subject, 'never');
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      const refused = failureOf(await w.mirror.hide({ ...requestOf(w.points), at: later }));
      expect(refused).toEqual({
        code: 'deletes-never',
        message: `mirror nas (${w.place.target}): the policy gives this host no right to delete there (deletes: never); delete at the mirror itself`,
      });
      expect(failureOf(await w.mirror.purge(requestOf(w.points))).code).toBe('deletes-never');
      expect(pointsIn(await lookAt(w.mirror))).toHaveLength(3);
    });
  });

  describe(`${title}: back`, () => {
    it('fetches points with their manifests, without the store', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      const before = w.points.map(({ path }) => readFileSync(join(w.storePath, path, 'vda.qcow2')));
      rmSync(w.storePath, { recursive: true });
      rmSync(w.stateDir, { recursive: true });
      const into = join(w.path, 'back');
      mkdirSync(into);
      const request = { ...requestOf(w.points), into, onBytes: () => undefined };
      const fetched = must(await w.mirror.fetch(request));
      expect(fetched.manifests).toEqual(w.points.map(({ manifest }) => manifest));
      expect(fetched.files).toBe(6);
      for (const [index, { pointDirectory }] of w.points.entries()) {
        expect(readFileSync(join(into, pointDirectory, 'vda.qcow2'))).toEqual(before[index]);
        expect(existsSync(join(into, pointDirectory, 'point.json'))).toBe(true);
      }
      expect(must(await w.mirror.fetch(request)).files).toBe(0);
      const missing = { ...request, directory: 'db1' };
      expect(failureOf(await w.mirror.fetch(missing)).code).toBe('not-a-point');
    });

    it('names that are none are refused', async () => {
      using w = await world(subject);
      const bad = { ...requestOf(w.points), directory: '../etc' };
      expect(failureOf(await w.mirror.hide({ ...bad, at: later })).code).toBe('bad-path');
      const worse = { ...requestOf(w.points), pointDirectories: ['--files-from=/etc/passwd'] };
      expect(failureOf(await w.mirror.purge(worse)).code).toBe('bad-path');
    });

    it('two domains are copied at once into a new mirror', async () => {
      using w = await world(subject);
      const other = writeChain(w.storePath, chainOn(2), 1, { directory: 'db1', uuid: db1 });
      const done = await Promise.all(
        [w.points, other].map((points) => w.mirror.copy(copyOf(w.storePath, points))),
      );
      done.map(must);
      expect(pointsIn(await lookAt(w.mirror))).toHaveLength(4);
    });
  });
}

function must1(points: readonly WrittenPoint[], index: number): WrittenPoint {
  const point = points[index];
  if (point === undefined) throw new Error(`no point ${index}`);
  return point;
}
