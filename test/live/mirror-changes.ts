import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyOf, lookAt, pointsIn, requestOf, writeChain } from '../mirror/fixture.ts';
import { chainOn, db1, failureOf, hold, later, must } from '../store/fixture.ts';
import { below, must1, pick, sideBySide, signal, world, type Subject } from './mirror-world.ts';

/** What every kind of mirror does when something is deleted, held or brought back. */
export function mirrorChanges(subject: Subject): void {
  const { title, read } = subject;

  describe(`${title}: deleting`, sideBySide, () => {
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

    it('a deleted copy that was in quarantine comes back sound and unmarked', async () => {
      using w = await world(subject);
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      const point = must1(w.points, 1);
      const image = below(point, 'vda.qcow2');
      const bytes = Buffer.from((await read(w.root, image)) ?? '');
      bytes[500] = (bytes[500] ?? 0) ^ 1;
      await subject.write(w.root, image, bytes);
      const { directory, chain, pointDirectory } = point;
      const files = ['vda.qcow2'];
      const found = { at: later, result: 'damaged', code: 'hash-differs', message: 'bad' } as const;
      const notes = [{ pointDirectory, files, ...found }];
      must(await w.mirror.note({ directory, chain, notes, signal }));
      must(await w.mirror.hide({ ...requestOf(pick(w.points, 1, 2)), at: later }));
      must(await w.mirror.copy(copyOf(w.storePath, w.points)));
      expect(await read(w.root, below(point, 'quarantine.json'))).toBeNull();
      expect(await read(w.root, image)).toEqual(
        readFileSync(join(w.storePath, point.path, 'vda.qcow2')),
      );
      expect(pointsIn(await lookAt(w.mirror))).toEqual(
        [0, 1, 2].map((n) => `web01/${chainOn(1)}/${n}`),
      );
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

  describe(`${title}: back`, sideBySide, () => {
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
