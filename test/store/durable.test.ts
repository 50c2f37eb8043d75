import { expect, it } from 'vitest';
import { VolatileFiles } from '../../src/simulator/volatile-files.ts';
import { createStore } from '../../src/store/create.ts';
import type { Files } from '../../src/store/files.ts';
import { openStore } from '../../src/store/open.ts';
import type { IncomingPoint, Store } from '../../src/store/store.ts';
import { ref } from './crash-stories.ts';
import { chainOn, failureOf, imageText, later, must, pointOf, theRun, web01 } from './fixture.ts';

const live = chainOn(8);
const { place, manifest } = pointOf(live, 0);
const final = `/store/domains/web01/${live}/${place.pointDirectory}`;
const trashed = `/store/.trash/${theRun}/web01/${live}`;

const broken = (): never => {
  throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'fsync' });
};

/** A disk that reports an error for every call from the first fsync of a directory after a rename of the point or its chain. */
class BadDisk {
  readonly files = new VolatileFiles();
  /** Whether the disk takes renames back. */
  renames = true;
  private isBad = false;

  open(): Store {
    this.files.makeDirectory('/store');
    must(createStore(ref, later, this.files));
    const bad: Files = {
      makeDirectory: (path) => this.files.makeDirectory(path),
      writeNew: (path, content) => this.files.writeNew(path, content),
      syncFile: (path) => this.files.syncFile(path),
      removeFile: (path) => this.files.removeFile(path),
      removeDirectory: (path) => this.files.removeDirectory(path),
      read: (path) => this.files.read(path),
      list: (path) => this.files.list(path),
      look: (path) => this.files.look(path),
      syncDirectory: (path) => (this.isBad ? broken() : this.files.syncDirectory(path)),
      rename: (from, to) => {
        if (this.isBad && !this.renames) broken();
        this.files.rename(from, to);
        if (to === final || to === trashed) this.isBad = this.armed;
      },
    };
    return must(openStore(ref, bad));
  }

  armed = true;
}

function begun(store: Store, { files }: BadDisk): IncomingPoint {
  const incoming = must(store.beginPoint(place, manifest.point, web01));
  files.writeNew(`${incoming.path}/vda.qcow2`, imageText(0));
  must(incoming.writeFile('domain.xml', '<domain/>'));
  return incoming;
}

it('a point whose rename cannot be made durable is not published', () => {
  const disk = new BadDisk();
  const incoming = begun(disk.open(), disk);
  expect(failureOf(incoming.publish(manifest))).toEqual({
    code: 'io-error',
    message: `publishing ${final}: the disk reports an error; look at it and at the kernel log`,
  });
  expect(disk.files.look(final)).toBeNull();
});

it('and if it cannot be taken back either, the failure says that it is there', () => {
  const disk = new BadDisk();
  disk.renames = false;
  const incoming = begun(disk.open(), disk);
  expect(failureOf(incoming.publish(manifest))).toEqual({
    code: 'io-error',
    message: `publishing ${final}: the disk reports an error; look at it and at the kernel log; taking ${final} back: the disk reports an error; look at it and at the kernel log. The point is there now, and may not be after a power cut; the next one is a full`,
  });
  expect(disk.files.look(final)).not.toBeNull();
});

it('a chain that is in the trash, but not for certain, is said to be there', () => {
  const disk = new BadDisk();
  disk.armed = false;
  const store = disk.open();
  must(begun(store, disk).publish(manifest));
  disk.armed = true;
  const { point } = manifest;
  const trash = { directory: 'web01', chain: live, uuid: web01, points: [point], run: theRun };
  expect(failureOf(store.trashChain({ ...trash, at: later }))).toEqual({
    code: 'io-error',
    message: `making it durable that /store/domains/web01/${live} is at ${trashed}: the disk reports an error; look at it and at the kernel log. It is so now, and may not be after a power cut`,
  });
  expect(disk.files.look(trashed)).not.toBeNull();
});
