import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeId } from '../../src/model/identity.ts';
import { createStore } from '../../src/store/create.ts';
import { rememberStore } from '../../src/store/known-stores.ts';
import { observeStore } from '../../src/store/observe.ts';
import {
  chainOn,
  filledStore,
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
  type Temporary,
} from './fixture.ts';

const old = chainOn(1);
const live = chainOn(8);
const directories = [0, 1, 2].map((sequence) => pointOf(live, sequence).place.pointDirectory);

const stateOf = async ({ path, stateDir }: Temporary, requireMount = false) =>
  (await observeStore({ name: 'main', path, requireMount, stateDir })).state;

describe('what cannot be read is said, and never taken for empty (I4)', () => {
  it.each<readonly [string, (dir: ReturnType<typeof filledStore>) => void, string, string, string]>(
    [
      [
        'a domain that is a symlink',
        ({ path }) => {
          renameSync(join(path, 'domains/web01'), join(path, '../moved'));
          symlinkSync('../../moved', join(path, 'domains/web01'));
        },
        'domains/web01',
        'symlink',
        '$/domains/web01 is a symbolic link, and Holdfast follows none in a store; put the directory or file itself there',
      ],
      [
        'a chain that is a file',
        ({ chain }) => {
          rmSync(chain, { recursive: true });
          writeFileSync(chain, '');
        },
        `domains/web01/${live}`,
        'not-a-directory',
        `listing it: $/domains/web01/${live}: it is not a directory`,
      ],
      [
        'a point that is a symlink',
        ({ chain }) => {
          rmSync(join(chain, directories[2] ?? ''), { recursive: true });
          symlinkSync(directories[1] ?? '', join(chain, directories[2] ?? ''));
        },
        `domains/web01/${live}/${directories[2]}`,
        'symlink',
        `$/domains/web01/${live}/${directories[2]} is a symbolic link, and Holdfast follows none in a store; put the directory or file itself there`,
      ],
      [
        'an image that is a symlink',
        ({ chain }) => {
          const image = join(chain, directories[2] ?? '', 'vda.qcow2');
          rmSync(image);
          symlinkSync('/etc/hostname', image);
        },
        `domains/web01/${live}/${directories[2]}/vda.qcow2`,
        'symlink',
        `$/domains/web01/${live}/${directories[2]}/vda.qcow2 is a symbolic link, and Holdfast follows none in a store; put the directory or file itself there`,
      ],
      [
        'a directory of which no manifest says whose it is',
        ({ path, chain }) => {
          rmSync(join(path, 'domains/web01', old), { recursive: true });
          for (const name of directories) writeFileSync(join(chain, name, 'point.json'), '{');
        },
        'domains/web01',
        'owner-unknown',
        'it holds points, but no readable manifest says of which domain; look at them, then move it away',
      ],
      [
        'why a chain is closed',
        ({ chain }) => writeFileSync(join(chain, 'closed.json'), '{"formatVersion":1}'),
        `domains/web01/${live}/closed.json`,
        'unreadable',
        'at must be an instant like 2026-11-22T02:00:00.000Z, missing; code must be "restored" or "untracked", missing',
      ],
      [
        'what the last run left to remember',
        ({ path }) => writeFileSync(join(path, '.state/last.json'), ''),
        '.state/last.json',
        'unreadable',
        'it is empty',
      ],
      [
        'a chain in the trash without its record',
        ({ path, chain }) => {
          mkdirSync(join(path, '.trash', theRun, 'web01'), { recursive: true });
          renameSync(chain, join(path, '.trash', theRun, 'web01', live));
        },
        `.trash/${theRun}/web01/${live}`,
        'not-trash',
        'it has no trash.json that says where it came from; look at it, then move it away',
      ],
    ],
  )('%s', async (_what, damage, path, code, message) => {
    using dir = filledStore();
    damage(dir);
    const { unreadable } = await lookInto(dir);
    expect(unreadable).toEqual([{ path, code, message: message.replace('$', dir.path) }]);
  });

  it('closes a chain whose closing record cannot be read', async () => {
    using dir = filledStore();
    writeFileSync(join(dir.chain, 'closed.json'), '');
    expect((await lookInto(dir)).directories[0]?.chains[1]?.closed).toBe('untracked');
  });
});

it('reports what is not Holdfast’s, everywhere', async () => {
  using dir = filledStore();
  const foreign = [
    'photos.zip',
    'domains/readme',
    'domains/a b',
    'domains/web01/notes.txt',
    `domains/web01/${live}/notes.txt`,
    `domains/web01/${live}/${directories[0]}/notes.txt`,
    '.trash/old',
  ];
  for (const path of foreign) {
    if (path === 'domains/a b') mkdirSync(join(dir.path, path));
    else writeFileSync(join(dir.path, path), 'mine');
  }
  mkdirSync(join(dir.path, 'lost+found'));
  mkdirSync(join(dir.path, 'domains/empty'));
  mkdirSync(join(dir.path, 'domains/web01', chainOn(20)));
  const state = await lookInto(dir);
  expect(state.foreign).toEqual(foreign.toSorted());
  expect(state.unreadable).toEqual([]);
  expect(state.directories[0]?.chains.map(({ id }) => id)).toEqual([old, live]);
});

describe('an incoming point', () => {
  it('is told to be its domain’s even before there is a manifest', async () => {
    using dir = temporary();
    const store = madeStore(dir);
    const directory = 'K%C3%A4se~6a1d0f3e';
    const { manifest, place } = pointOf(live, 0, { directory });
    const incoming = must(store.beginPoint(place, manifest.point, web01));
    writeFileSync(`${incoming.path}/vda.qcow2`, 'half');
    const lock = await store.lockDomain(web01, 0);
    if (!lock.ok) throw new Error(lock.error.message);
    const seen = {
      path: `domains/${directory}/${live}/.incoming-0000-20261108T020000Z-0000-${web01}`,
      chain: live,
      point: manifest.point,
      bytes: 4,
    };
    const expected = {
      directory,
      uuid: web01,
      name: 'Käse',
      chains: [],
      tip: null,
      lastLook: null,
    };
    expect((await lookInto(dir)).directories).toEqual([
      { ...expected, incoming: [{ ...seen, busy: true }] },
    ]);
    lock.value.release();
    expect((await lookInto(dir)).directories).toEqual([
      { ...expected, incoming: [{ ...seen, busy: false }] },
    ]);
  });

  it('without a uuid in its name is known by its directory, or said to be unknown', async () => {
    using dir = temporary();
    const store = madeStore(dir);
    const first = pointOf(live, 0);
    must(store.beginPoint(first.place, first.manifest.point));
    expect((await lookInto(dir)).unreadable.map(({ code }) => code)).toEqual(['owner-unknown']);
    publishPoints(store, old, [0]);
    const state = await lookInto(dir);
    expect(state.unreadable).toEqual([]);
    expect(state.directories[0]?.incoming).toMatchObject([{ chain: live, busy: false }]);
  });
});

describe('a place without a store', () => {
  it('is blank, with the store that the host knew there (G152)', async () => {
    using dir = temporary();
    mkdirSync(join(dir.path, 'lost+found'));
    expect(await stateOf(dir)).toMatchObject({ kind: 'blank', knownId: null });
    must(rememberStore(dir.stateDir, dir.path, theStore));
    expect(await stateOf(dir)).toMatchObject({ kind: 'blank', knownId: theStore });
  });

  it.each<readonly [string, (dir: Temporary) => void, string, string]>([
    [
      'is not there',
      ({ path }) => rmSync(path, { recursive: true }),
      'not-found',
      'store main: $ is not there; make it (mkdir -m 0700 $) or mount its disk',
    ],
    [
      'is a file',
      ({ path }) => {
        rmSync(path, { recursive: true });
        writeFileSync(path, '');
      },
      'not-a-directory',
      'store main: $ is not a directory',
    ],
    [
      'has other things in it',
      ({ path }) => writeFileSync(join(path, 'photos.zip'), ''),
      'marker-missing',
      'store main: $ has no holdfast-store.json and is not empty (photos.zip); it is no store, or its marker is lost',
    ],
    [
      'has lost its marker',
      (dir) => {
        publishPoints(madeStore(dir), live, [0]);
        rmSync(join(dir.path, 'holdfast-store.json'));
      },
      'marker-missing',
      'store main: $ has no holdfast-store.json and is not empty (domains/web01); it is no store, or its marker is lost',
    ],
    [
      'has a marker that cannot be read',
      ({ path }) => mkdirSync(join(path, 'holdfast-store.json')),
      'marker-unreadable',
      '$/holdfast-store.json: it is not a file',
    ],
    [
      'has stores.json that cannot be read',
      ({ stateDir }) => {
        mkdirSync(stateDir);
        writeFileSync(join(stateDir, 'stores.json'), '[]');
      },
      'known-stores-unreadable',
      '%/stores.json: it must be an object, not []; it says which store belongs at which path. Check that the right disks are mounted, then move it away',
    ],
  ])('is unseen when it %s', async (_what, prepare, code, message) => {
    using dir = temporary();
    prepare(dir);
    expect(await stateOf(dir)).toEqual({
      kind: 'unseen',
      failure: {
        code,
        message: message.replaceAll('$', dir.path).replace('%', dir.stateDir),
      },
    });
  });

  it('is unseen when a mount is required and nothing is mounted', async () => {
    using dir = temporary();
    must(createStore(dir.ref, later));
    expect(await stateOf(dir, true)).toEqual({
      kind: 'unseen',
      failure: {
        code: 'not-mounted',
        message: `store main: nothing is mounted on ${dir.path}; mount its disk`,
      },
    });
  });
});

it('remembers stores by path, and the last one at each', () => {
  using dir = temporary();
  must(rememberStore(dir.stateDir, '/a', theStore));
  must(rememberStore(dir.stateDir, '/b', theStore));
  must(rememberStore(dir.stateDir, '/a', storeId('f'.repeat(32))));
  expect(JSON.parse(readFileSync(join(dir.stateDir, 'stores.json'), 'utf8'))).toEqual({
    formatVersion: 1,
    stores: { '/a': 'f'.repeat(32), '/b': theStore },
  });
});
