import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore } from '../../src/store/create.ts';
import { isLocked } from '../../src/store/lock.ts';
import { observeStore } from '../../src/store/observe.ts';
import { readRuns } from '../../src/store/runs.ts';
import { chainOn, later, must, pointOf, theStore, web01 } from '../store/fixture.ts';
import { runLife } from './store-life.ts';
import { StoreRig } from './store-rig.ts';

let rig: StoreRig;
beforeAll(() => {
  // In memory where that is possible: what SIGKILL leaves has nothing to do with the disk.
  rig = new StoreRig(existsSync('/dev/shm') ? '/dev/shm' : undefined);
});
afterAll(() => rig[Symbol.dispose]());

const firstRun = '20261125T020000Z-00000001';
const nextRun = '20261125T030000Z-00000002';

/** What a store has in it, without what differs from directory to directory. */
async function contents(path: string, stateDir: string) {
  const { state } = await observeStore({ name: 'main', path, requireMount: false, stateDir });
  if (state.kind !== 'ready') return state.kind;
  const { freeBytes: _free, totalBytes: _total, mount: _mount, ...rest } = state;
  return rest;
}

describe('SIGKILL at each journal entry and each rename of a store’s life (I1)', () => {
  it('loses no published point, frees the locks, and the next run ends it', async () => {
    const whole = rig.directory('whole');
    const ran = rig.child([whole, `${whole}.state`, 'life', firstRun]);
    expect(ran.stderr.trim()).toMatch(/^\d+$/);
    const total = Number(ran.stderr);
    expect(total).toBeGreaterThan(40);
    const goal = await contents(whole, `${whole}.state`);
    expect(goal).toMatchObject({
      unreadable: [],
      foreign: [],
      trash: [],
      directories: [{ chains: [{ id: chainOn(8) }], incoming: [] }],
    });

    const published: number[] = [];
    for (let call = 1; call <= total; call += 1) {
      const path = rig.directory(`at-${call}`);
      const stateDir = `${path}.state`;
      const killed = rig.child([path, stateDir, 'life', firstRun, String(call)]);
      expect(killed.signal, `call ${call}`).toBe('SIGKILL');
      expect(await isLocked(`${path}/.state/locks/${web01}.lock`)).toBe(false);

      const left = await contents(path, stateDir);
      if (typeof left === 'string') expect(left).toBe('blank');
      else {
        expect(left, `call ${call}`).toMatchObject({ unreadable: [], foreign: [] });
        const points = left.directories
          .flatMap(({ chains }) => chains)
          .flatMap((one) => one.points);
        expect(points.filter(({ fault }) => fault !== undefined)).toEqual([]);
        expect(left.directories.flatMap(({ incoming }) => incoming).some(({ busy }) => busy)).toBe(
          false,
        );
        published.push(points.length + left.trash.reduce((sum, one) => sum + one.points, 0));
      }
      const runs = await readRuns(stateDir);
      const dead = runs.seen ? runs.value.map(({ run }) => run) : [];
      expect(dead.length).toBeLessThanOrEqual(1);

      await runLife({ path, stateDir, run: nextRun, moment: () => undefined });
      expect(await contents(path, stateDir), `after call ${call}`).toEqual(goal);
    }
    // Up with each publish, and down only with the purge at the end.
    const most = published.indexOf(Math.max(...published));
    expect(published.slice(0, most)).toEqual(published.slice(0, most).toSorted((a, b) => a - b));
    expect(Math.max(...published)).toBe(4);
    expect(published.at(-1)).toBe(2);
  }, 600_000);
});

describe('fsync, as strace sees it', () => {
  it('comes in the order of the design, up to the store’s root', () => {
    const path = rig.directory('traced');
    const stateDir = `${path}.state`;
    must(createStore({ name: 'main', path, id: theStore }, later));
    const log = `${path}.strace`;
    const calls = 'fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat,rmdir,unlink,unlinkat';
    const wrap = ['strace', '-f', '-y', '-s', '512', '-o', log, '-e', `trace=${calls}`];
    const traced = rig.child([path, stateDir, 'publish', nextRun], { wrap });
    expect(traced.status, traced.stderr).toBe(0);

    const chain = `domains/web01/${chainOn(8)}`;
    const { place, manifest } = pointOf(chainOn(8), 0);
    const incoming = `${chain}/.incoming-0000-${manifest.point}-${web01}`;
    const up = [`fsync ${chain}`, 'fsync domains/web01', 'fsync domains', 'fsync '];
    expect(traceOf(log, path)).toEqual([
      'mkdir domains/web01',
      'fsync domains',
      `mkdir ${chain}`,
      'fsync domains/web01',
      `mkdir ${incoming}`,
      ...up,
      `fsync ${incoming}/domain.xml`,
      // Here the caller wrote the image, and did not sync it.
      `fsync ${incoming}/vda.qcow2`,
      `fsync ${incoming}/domain.xml`,
      `fsync ${incoming}/.point.json.tmp`,
      `rename ${incoming}/.point.json.tmp ${incoming}/point.json`,
      `fsync ${incoming}`,
      `rename ${incoming} ${chain}/${place.pointDirectory}`,
      ...up,
    ]);
  });
});

it('an intent and a step are on disk when append returns; progress is not waited for', () => {
  const path = rig.directory('journalled');
  must(createStore({ name: 'main', path, id: theStore }, later));
  const log = `${path}.strace`;
  const wrap = ['strace', '-f', '-y', '-s', '512', '-o', log, '-e', 'trace=fsync,write'];
  const traced = rig.child([path, path, 'journal', firstRun], { wrap });
  expect(traced.status, traced.stderr).toBe(0);
  const host = `runs/${firstRun}.ndjson`;
  const copy = `.journal/${firstRun}.ndjson`;
  expect(traceOf(log, path)).toEqual([
    'fsync ',
    'fsync runs',
    `write ${host}`,
    `fsync ${host}`,
    `write ${host}`,
    `write ${host}`,
    `fsync ${host}`,
    'fsync .journal',
    `write ${copy}`,
    `fsync ${copy}`,
    `write ${host}`,
    `fsync ${host}`,
  ]);
});

/** Lines of strace as `call path [path]`, below the store. */
function traceOf(log: string, root: string): readonly string[] {
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, call = ''] =
        /^\d+ +(fsync|fdatasync|rename|mkdir|rmdir|unlink|write)[a-z2]*\(/.exec(line) ?? [];
      if (call === '' || !line.includes(root) || / = -1 /.test(line)) return [];
      const paths = Array.from(line.matchAll(/[<"](\/[^>"]*)[>"]/g), ([, path = '']) => path);
      return [`${call} ${paths.map((path) => path.slice(root.length + 1)).join(' ')}`];
    });
}
