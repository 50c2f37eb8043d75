import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pointId } from '../../src/model/identity.ts';
import {
  chainOn,
  db1,
  failureOf,
  hold,
  later,
  madeStore,
  must,
  pointOf,
  publishPoints,
  temporary,
  theRun,
  web01,
} from './fixture.ts';

const live = chainOn(8);
const full = pointOf(live, 0);

describe('publishing', () => {
  it('makes a point that is read back, 0600 in 0700', () => {
    using dir = temporary();
    const store = madeStore(dir);
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
    const store = madeStore(dir);
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
    const store = madeStore(dir);
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
    const store = madeStore(dir);
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
    const store = madeStore(dir);
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
    const incoming = must(madeStore(dir).beginPoint(full.place, full.manifest.point, web01));
    for (const name of ['../x.xml', 'point.json', '.x.tmp', 'a/b.xml', 'x.sh']) {
      expect(failureOf(incoming.writeFile(name, 'x'))).toEqual({
        code: 'bad-path',
        message: `${JSON.stringify(name)} is not the name of a file of a point`,
      });
    }
  });
});

describe('names and paths (G212, G408)', () => {
  it.each(['..', '.', 'a/b', '', '.hidden', 'a b'])('refuses the directory %j', (directory) => {
    using dir = temporary();
    const store = madeStore(dir);
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
    const store = madeStore(dir);
    const outside = join(dir.path, '../outside');
    mkdirSync(join(outside, live), { recursive: true });
    symlinkSync(outside, join(dir.path, 'domains/web01'));
    const expected = {
      code: 'symlink',
      message: `${dir.path}/domains/web01 is a symbolic link, and Holdfast follows none in a store; put the directory or file itself there`,
    };
    expect(failureOf(store.beginPoint(full.place, full.manifest.point, web01))).toEqual(expected);
    expect(
      failureOf(
        store.trashChain({
          directory: 'web01',
          chain: live,
          uuid: web01,
          points: [],
          run: theRun,
          at: later,
        }),
      ),
    ).toEqual(expected);
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
    const store = madeStore(dir);
    publishPoints(store, live, [0]);
    expect(failureOf(store.discardIncoming(path))).toEqual({
      code: 'bad-path',
      message: `${JSON.stringify(path)} is not the path of an incoming point`,
    });
    expect(must(store.readManifest(full.place))).toEqual(full.manifest);
  });

  it('leaves an incoming point alone that has a symlink or a directory in it', () => {
    using dir = temporary();
    const incoming = must(madeStore(dir).beginPoint(full.place, full.manifest.point, web01));
    must(incoming.writeFile('domain.xml', '<domain/>'));
    symlinkSync('/etc/passwd', `${incoming.path}/vda.qcow2`);
    expect(failureOf(incoming.discard())).toEqual({
      code: 'symlink',
      message: `${incoming.path}/vda.qcow2 is a symbolic link, and Holdfast follows none in a store; put the directory or file itself there`,
    });
    expect(readdirSync(incoming.path).toSorted()).toEqual(['domain.xml', 'vda.qcow2']);
  });
});
