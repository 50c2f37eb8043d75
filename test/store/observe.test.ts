import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import {
  chainOn,
  filledStore,
  db1,
  lookInto,
  must,
  pointOf,
  publishPoints,
  theStore,
  web01,
} from './fixture.ts';

const old = chainOn(1);
const live = chainOn(8);
const directories = [0, 1, 2].map((sequence) => pointOf(live, sequence).place.pointDirectory);

const point = (index: number, name: string) => (chain: string) =>
  join(chain, directories[index] ?? '', name);
const edit = (file: string, change: (text: string) => string) => {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
};

describe('a store that is whole', () => {
  it('is seen with its chains, its tip and its space', async () => {
    using dir = filledStore();
    const state = await lookInto(dir);
    expect(state).toMatchObject({
      kind: 'ready',
      id: theStore,
      writable: true,
      unreadable: [],
      foreign: [],
      trash: [],
      memory: null,
      knownId: null,
    });
    expect(state.freeBytes).toBeGreaterThan(0);
    expect(state.totalBytes).toBeGreaterThan(state.freeBytes);
    expect(state.mount.device).toBeGreaterThan(0);
    expect(state.mount.source).not.toBe('');
    const newest = pointOf(live, 2);
    const [disk] = newest.manifest.disks;
    expect(state.directories).toEqual([
      {
        directory: 'web01',
        uuid: web01,
        name: 'web01',
        chains: [old, live].map((id, index) => ({
          id,
          held: false,
          closed: null,
          points: [0, 1, 2].slice(0, index + 2).map((sequence) => ({
            id: pointOf(id, sequence).manifest.point,
            sequence,
            level: sequence === 0 ? 'full' : 'increment',
            at: pointOf(id, sequence).manifest.frozenAt,
            bytes: expect.any(Number) as number,
          })),
        })),
        tip: {
          chain: live,
          point: newest.manifest.point,
          directory: directories[2],
          checkpoint: newest.manifest.checkpoint,
          definitionDigest: newest.manifest.definitionDigest,
          disks: [
            {
              target: 'vda',
              file: 'vda.qcow2',
              source: disk?.source,
              sizeBytes: 1024,
              tracked: true,
            },
          ],
        },
        incoming: [],
        lastLook: null,
      },
    ]);
  });

  it('is the same however often it is looked at', async () => {
    using dir = filledStore();
    publishPoints(must(openStore(dir.ref)), live, [0], undefined, { uuid: db1, directory: 'db1' });
    const first = await lookInto(dir);
    expect(first.directories.map(({ name }) => name)).toEqual(['db1', 'web01']);
    expect(await lookInto(dir)).toEqual({ ...first, freeBytes: expect.any(Number) as number });
  });
});

describe('a point is faulty', () => {
  const whole = [undefined, undefined, undefined];

  it.each<readonly [string, (chain: string) => void, readonly (string | undefined)[]]>([
    [
      'without a manifest',
      (chain) => rmSync(point(1, 'point.json')(chain)),
      [undefined, 'manifest-missing', 'parent-faulty'],
    ],
    [
      'with a manifest that was cut',
      (chain) => edit(point(1, 'point.json')(chain), (text) => text.slice(0, 400)),
      [undefined, 'manifest-unreadable', 'parent-faulty'],
    ],
    [
      'with a manifest of a newer format',
      (chain) =>
        edit(point(2, 'point.json')(chain), (text) =>
          text.replace('"formatVersion": 1', '"formatVersion": 2'),
        ),
      [undefined, undefined, 'manifest-newer'],
    ],
    [
      'with a manifest of another point',
      (chain) => cpSync(point(0, 'point.json')(chain), point(2, 'point.json')(chain)),
      [undefined, undefined, 'manifest-misplaced'],
    ],
    [
      'with a manifest of another store',
      (chain) =>
        edit(point(0, 'point.json')(chain), (text) => text.replace(theStore, 'f'.repeat(32))),
      ['manifest-misplaced', 'parent-faulty', 'parent-faulty'],
    ],
    [
      'of another domain than its directory',
      (chain) => edit(point(0, 'point.json')(chain), (text) => text.replace(web01, db1)),
      ['manifest-misplaced', 'parent-faulty', 'parent-faulty'],
    ],
    [
      'without an image',
      (chain) => rmSync(point(0, 'vda.qcow2')(chain)),
      ['file-missing', 'parent-faulty', 'parent-faulty'],
    ],
    [
      'without its definition',
      (chain) => rmSync(point(2, 'domain.xml')(chain)),
      [undefined, undefined, 'file-missing'],
    ],
    [
      'with an image that was cut',
      (chain) => writeFileSync(point(1, 'vda.qcow2')(chain), 'ima'),
      [undefined, 'file-size', 'parent-faulty'],
    ],
    [
      'with an image that grew',
      (chain) => appendFileSync(point(1, 'vda.qcow2')(chain), '!'),
      [undefined, 'file-size', 'parent-faulty'],
    ],
    [
      'that is quarantined',
      (chain) => writeFileSync(point(1, 'quarantine.json')(chain), '{}'),
      [undefined, 'quarantined', 'parent-faulty'],
    ],
    [
      'whose parent is gone',
      (chain) => rmSync(join(chain, directories[1] ?? ''), { recursive: true }),
      [undefined, 'parent-missing'],
    ],
    [
      'that stands on an image which its parent has not',
      (chain) =>
        edit(point(2, 'point.json')(chain), (text) =>
          text.replace('inc/vda.qcow2"', 'inc/vdb.qcow2"'),
        ),
      [undefined, undefined, 'parent-missing'],
    ],
    ['and a hold makes none', (chain) => writeFileSync(point(1, 'hold.json')(chain), ''), whole],
    [
      'and what a crash left makes none',
      (chain) => writeFileSync(point(1, '.x.tmp')(chain), ''),
      whole,
    ],
  ])('%s', async (_what, damage, faults) => {
    using dir = filledStore();
    damage(dir.chain);
    const state = await lookInto(dir);
    const [, chain] = state.directories[0]?.chains ?? [];
    expect(chain?.points.map(({ fault }) => fault)).toEqual(faults);
    expect(state.unreadable).toEqual([]);
    expect(state.foreign).toEqual([]);
    // The newest valid one is what an increment may build on, never a faulty one.
    const newest = faults.lastIndexOf(undefined);
    const tip = newest === -1 ? pointOf(old, 1) : pointOf(live, newest);
    expect(state.directories[0]?.tip?.point).toBe(tip.manifest.point);
  });

  it('goes by its directory’s stamp when its manifest does not tell', async () => {
    using dir = filledStore();
    rmSync(point(1, 'point.json')(dir.chain));
    const [, chain] = (await lookInto(dir)).directories[0]?.chains ?? [];
    expect(chain?.points[1]).toEqual({
      id: '20261108T020100Z-0000',
      sequence: 1,
      level: 'increment',
      at: '2026-11-08T02:01:00.000Z',
      bytes: 16,
      fault: 'manifest-missing',
    });
  });
});
