import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { Backup } from '../../src/model/backup-action.ts';
import type { Heal, VerifyPoints } from '../../src/model/check-action.ts';
import { ok } from '../../src/model/result.ts';
import type { FakeWorld } from './fake-world.ts';
import { codesOf, mirrorOf, run, setUp } from './mirror-rig.ts';

const shared = {
  dependsOn: [],
  reasons: [],
  place: null,
  blockedBy: [],
};

function checkOf(world: FakeWorld, backups: readonly Backup[]): VerifyPoints {
  const [first] = backups;
  if (first === undefined) throw new Error('no backups');
  return {
    ...shared,
    kind: 'verify-points',
    id: 'verify-points:main:vm1',
    wave: 50,
    address: 'domain/vm1',
    bytes: 20 * backups.length,
    domain: first.domain,
    store: world.store,
    directory: first.directory,
    depth: 'hash',
    points: backups.map(({ chain, point, pointDirectory, sequence }) => {
      return { chain, id: point, directory: pointDirectory, sequence, bytes: 20, checkedAt: null };
    }),
    rateBytesPerSecond: 1e9,
  };
}

function healOf(world: FakeWorld, { domain, directory, chain, ...point }: Backup): Heal {
  const { sequence } = point;
  return {
    ...shared,
    kind: 'heal',
    id: `heal:main:vm1:${sequence}`,
    wave: 30,
    address: `domain/vm1/${chain}/000${sequence}`,
    bytes: 100,
    domain,
    store: world.store,
    mirror: mirrorOf(world, 'nas'),
    directory,
    chain,
    point: { id: point.point, directory: point.pointDirectory, sequence, bytes: 100 },
    fault: 'quarantined',
    files: ['vda.qcow2'],
  };
}

/** Two points, the same at a mirror, and where their files are. */
async function rig() {
  const { world, backups, paths, nas } = await setUp();
  const [full, increment] = backups;
  if (full === undefined || increment === undefined) throw new Error('two points were made');
  const chain = join(world.store.path, 'domains', full.directory, full.chain);
  nas.good = join(world.root, 'good');
  cpSync(chain, nas.good, { recursive: true });
  const at = (index: number, file: string): string =>
    join(world.store.path, 'domains', paths[index] ?? '', file);
  const mark = (index: number, name: string): unknown =>
    existsSync(at(index, name)) ? JSON.parse(readFileSync(at(index, name), 'utf8')) : null;
  return { world, full, increment, nas, at, mark };
}

it('notes of each point when it was found sound', async () => {
  const { world, full, increment, mark } = await rig();
  using _ = world;
  const report = await world.apply([checkOf(world, [increment, full])], { run: run(4) });
  expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([{ code: 'done', bytes: 40 }]);
  for (const index of [0, 1]) {
    expect(mark(index, 'checked.json')).toMatchObject({ depth: 'hash' });
    expect(mark(index, 'quarantine.json')).toBeNull();
  }
  expect(world.events).toContainEqual(
    expect.objectContaining({ kind: 'progress', doneBytes: 40, totalBytes: 40 }),
  );
});

it('puts what is damaged into quarantine, checks the rest, and lets nothing of the domain go', async () => {
  const { world, full, increment, at, mark } = await rig();
  using _ = world;
  writeFileSync(at(0, 'vda.qcow2'), 'image vda.qcow3');
  const trash = {
    ...shared,
    kind: 'trash-chain',
    id: 'trash',
    wave: 90,
    address: 'domain/vm1/x',
    bytes: 1,
    domain: full.domain,
    store: world.store,
    directory: full.directory,
    chain: full.chain,
    points: [full.point, increment.point],
    purgeAfter: '2026-11-25T02:00:00.000Z',
  } as const;
  const check = checkOf(world, [full, increment]);
  const report = await world.apply([check, trash], { run: run(4) });
  const address = `domain/vm1/${full.chain}/0000`;
  expect(report.actions.map(({ outcome }) => outcome)).toEqual([
    {
      code: 'failed',
      failure: {
        code: 'points-damaged',
        message: `1 of 2 points are damaged and in quarantine now: ${address}; the next plan heals what a mirror holds.`,
      },
    },
    { code: 'skipped', because: check.id },
  ]);
  expect(mark(0, 'quarantine.json')).toMatchObject({ code: 'hash-differs', files: ['vda.qcow2'] });
  expect(mark(0, 'checked.json')).toBeNull();
  expect(mark(1, 'checked.json')).toMatchObject({ depth: 'hash' });
});

it('quarantines nothing that it only could not read', async () => {
  const { world, full, at, mark } = await rig();
  using _ = world;
  rmSync(at(0, 'domain.xml'));
  const report = await world.apply([checkOf(world, [full])], { run: run(4) });
  expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([
    { code: 'failed', failure: { code: 'read-failed' } },
  ]);
  expect(mark(0, 'quarantine.json')).toBeNull();
  expect(mark(0, 'checked.json')).toBeNull();
});

it('waits for the next run when a point is due, with what it has checked noted', async () => {
  const { world, full, increment, mark } = await rig();
  using _ = world;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const drivers = world.drivers();
    let checked = 0;
    const structure = async () => {
      checked += 1;
      // Beyond the quarter of an hour that a run always has.
      if (checked === 2) vi.advanceTimersByTime(3_600_000);
      return ok(undefined);
    };
    const report = await world.apply([checkOf(world, [full, increment])], {
      run: run(4),
      nextDueAt: world.now(),
      drivers: { ...drivers, checks: { ...drivers.checks, structure } },
    });
    expect(codesOf(report)).toEqual(['waiting']);
  } finally {
    vi.useRealTimers();
  }
  expect(mark(0, 'checked.json')).toMatchObject({ depth: 'hash' });
  expect(mark(1, 'checked.json')).toBeNull();
});

it('heals a damaged file and only that, and lifts the quarantine', async () => {
  const { world, full, increment, nas, at, mark } = await rig();
  using _ = world;
  const good = readFileSync(at(0, 'vda.qcow2'), 'utf8');
  writeFileSync(at(0, 'vda.qcow2'), 'image vda.qcow3');
  await world.apply([checkOf(world, [full, increment])], { run: run(4) });
  const before = readFileSync(at(0, 'domain.xml'));
  const report = await world.apply([healOf(world, full)], { run: run(5) });
  expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([
    { code: 'done', bytes: good.length },
  ]);
  expect(nas.calls).toEqual(['fetch']);
  expect(readFileSync(at(0, 'vda.qcow2'), 'utf8')).toBe(good);
  expect(readFileSync(at(0, 'domain.xml'))).toEqual(before);
  expect(mark(0, 'quarantine.json')).toBeNull();
  expect(mark(0, 'checked.json')).toMatchObject({ depth: 'hash' });
  expect(existsSync(join(world.store.path, '.state/heal/vm1'))).toBe(false);
});

it('heals a file that is gone', async () => {
  const { world, full, at, mark } = await rig();
  using _ = world;
  rmSync(at(0, 'vda.qcow2'));
  expect(codesOf(await world.apply([healOf(world, full)], { run: run(4) }))).toEqual(['done']);
  expect(existsSync(at(0, 'vda.qcow2'))).toBe(true);
  expect(mark(0, 'checked.json')).toMatchObject({ depth: 'hash' });
});

it('takes nothing from a copy that is damaged too', async () => {
  const { world, full, nas, at, mark } = await rig();
  using _ = world;
  writeFileSync(at(0, 'vda.qcow2'), 'image vda.qcow3');
  writeFileSync(join(nas.good ?? '', full.pointDirectory, 'vda.qcow2'), 'image vda.qcow4');
  await world.apply([checkOf(world, [full])], { run: run(4) });
  const report = await world.apply([healOf(world, full)], { run: run(5) });
  expect(report.actions.map(({ outcome }) => outcome)).toEqual([
    {
      code: 'failed',
      failure: {
        code: 'copy-damaged',
        message: `nas:domain/vm1/${full.chain}/0000 is damaged too (vda.qcow2), so nothing was healed; holdfast verify says more`,
      },
    },
  ]);
  expect(readFileSync(at(0, 'vda.qcow2'), 'utf8')).toBe('image vda.qcow3');
  expect(mark(0, 'quarantine.json')).toMatchObject({ code: 'hash-differs' });
  expect(existsSync(join(world.store.path, '.state/heal/vm1'))).toBe(false);
  // It is in quarantine where it lies, as a check there puts it.
  expect(world.mirror('nas').notes).toMatchObject([
    {
      pointDirectory: full.pointDirectory,
      result: 'damaged',
      code: 'copy-damaged',
      message: `nas:domain/vm1/${full.chain}/0000 is damaged too (vda.qcow2), so nothing was healed; holdfast verify says more`,
      files: ['vda.qcow2'],
    },
  ]);
});

it('marks nothing of a copy that it could not fetch', async () => {
  const { world, full, at } = await rig();
  using _ = world;
  writeFileSync(at(0, 'vda.qcow2'), 'image vda.qcow3');
  await world.apply([checkOf(world, [full])], { run: run(4) });
  const stop = new AbortController();
  world.mirror('nas').onCall = () => stop.abort();
  await world.apply([healOf(world, full)], { run: run(5), signal: stop.signal });
  expect(world.mirror('nas').calls).toEqual(['fetch']);
  expect(world.mirror('nas').notes).toEqual([]);
});

it('goes on with what an interrupted heal has brought', async () => {
  const { world, full, at } = await rig();
  using _ = world;
  writeFileSync(at(0, 'vda.qcow2'), 'image vda.qcow3');
  const stop = new AbortController();
  world.mirror('nas').onCall = () => stop.abort();
  const first = await world.apply([healOf(world, full)], { run: run(4), signal: stop.signal });
  expect(codesOf(first)).toEqual(['interrupted']);
  expect(existsSync(join(world.store.path, '.state/heal/vm1'))).toBe(true);
  world.mirror('nas').onCall = () => {};
  expect(codesOf(await world.apply([healOf(world, full)], { run: run(5) }))).toEqual(['done']);
  expect(existsSync(join(world.store.path, '.state/heal/vm1'))).toBe(false);
});
