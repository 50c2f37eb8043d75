import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CopyNote } from '../../src/mirror/mirror.ts';
import { storeId } from '../../src/model/identity.ts';
import type { ObservedMirrorContent } from '../../src/model/observed-mirror.ts';
import { copyOf, lookAt, pointsIn, requestOf } from '../mirror/fixture.ts';
import { chainOn, failureOf, hold, later, must, theStore } from '../store/fixture.ts';
import { mirrorChanges } from './mirror-changes.ts';
import { below, must1, pick, sideBySide, signal, world, type Subject } from './mirror-world.ts';

const marker = `${theStore}/holdfast-mirror.json`;

/** All but the free space, which changes by itself. */
const contentOf = (content: ObservedMirrorContent) => ({ ...content, freeBytes: null });

/** What every kind of mirror does. */
export function mirrorContract(subject: Subject): void {
  const { title, read, write, remove } = subject;

  describe(`${title}: copies`, sideBySide, () => {
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

  describe(`${title}: damage`, sideBySide, () => {
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

    it('marks of checks are seen by each look, and a quarantine ends with a check of every byte', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      const { directory, chain, pointDirectory } = must1(w.points, 1);
      const note = (one: object) =>
        w.mirror.note({
          directory,
          chain,
          notes: [{ pointDirectory, ...one } as CopyNote],
          signal,
        });
      const files = ['vda.qcow2'];
      const [at, after] = ['2026-11-22T02:00:00.000Z', '2026-11-22T03:00:00.000Z'];
      must(await note({ at, result: 'damaged', code: 'hash-differs', message: 'bad', files }));
      const faults = pointsIn(await lookAt(w.mirror)).map((text) => text.split(':')[1]);
      expect(faults).toEqual([undefined, 'quarantined', 'parent-faulty']);
      must(await note({ at: after, result: 'sound', depth: 'structure' }));
      expect(pointsIn(await lookAt(w.mirror))[1]).toContain(':quarantined');
      must(await note({ at: after, result: 'sound', depth: 'hash' }));
      const content = await lookAt(w.mirror);
      expect(pointsIn(content).filter((text) => text.includes(':'))).toEqual([]);
      expect(content.directories[0]?.chains[0]?.points[1]?.checked).toEqual({
        structure: after,
        hash: after,
      });
      expect(content.foreign).toBe(0);
      // Of a point that is not there nothing is left behind.
      await remove(w.root, below(must1(w.points, 2), 'point.json'));
      const gone = must1(w.points, 2).pointDirectory;
      must(await note({ pointDirectory: gone, at, result: 'sound', depth: 'hash' }));
      expect((await lookAt(w.mirror)).directories[0]?.partial).toHaveLength(1);
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

  mirrorChanges(subject);
}
