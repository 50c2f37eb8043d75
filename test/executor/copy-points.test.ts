import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fakeDomain } from './fake-hypervisor.ts';
import { backupOf, FakeWorld } from './fake-world.ts';
import { codesOf, copyOf, run, setUp } from './mirror-rig.ts';

describe('a copy', () => {
  it('brings points to a mirror, and is already there the second time', async () => {
    const { world, backups, paths, nas } = await setUp();
    using _ = world;
    const copy = copyOf(world, backups);
    const first = await world.apply([copy], { run: run(4) });
    expect(first.actions.map(({ outcome }) => outcome)).toMatchObject([
      { code: 'done', bytes: 200 },
    ]);
    expect(nas.there).toEqual(Object.fromEntries(paths.map((path) => [path, 'there'])));
    expect(world.events).toContainEqual(
      expect.objectContaining({
        kind: 'step',
        step: 'copy',
        path: `nas:domains/vm1/${backups[0]?.chain}`,
      }),
    );
    expect(world.events).toContainEqual(
      expect.objectContaining({ kind: 'progress', doneBytes: 200, totalBytes: 200 }),
    );
    expect(codesOf(await world.apply([copy], { run: run(5) }))).toEqual(['already']);
  });

  it('copies the point of a backup of the same plan, and is skipped if that did not come', async () => {
    const other = fakeDomain(2);
    using world = new FakeWorld([fakeDomain(1), other]);
    const backup = backupOf(world, other);
    const copy = { ...copyOf(world, [backup]), dependsOn: [backup.id] };
    world.faults.places.set('copy', { code: 'broken', message: 'It broke.' });
    expect(codesOf(await world.apply([backup, copy]))).toEqual(['failed', 'skipped']);
    expect(world.mirror('nas').calls).toEqual([]);
    world.faults.places.clear();
    const again = await world.apply([backup, copy], { run: run(3) });
    expect(codesOf(again)).toEqual(['done', 'done']);
  });

  it.each([
    [
      'is gone',
      (path: string) => renameSync(path, `${path}.away`),
      {
        code: 'stale',
        failure: { code: 'point-gone', message: expect.stringMatching(/^Point .* plan again\.$/) },
      },
    ],
    [
      'is quarantined',
      (path: string) => writeFileSync(join(path, 'quarantine.json'), '{}'),
      {
        code: 'stale',
        failure: {
          code: 'quarantined',
          message: 'Point 20261122T030000Z-0001 of store main is quarantined, so it is not copied.',
        },
      },
    ],
  ])('does not begin when a point %s', async (_what, spoil, outcome) => {
    const { world, backups, paths, nas } = await setUp();
    using _ = world;
    spoil(join(world.store.path, 'domains', paths[1] ?? ''));
    const report = await world.apply([copyOf(world, backups)], { run: run(4) });
    expect(report.actions.map((action) => action.outcome)).toMatchObject([outcome]);
    expect(nas.calls).toEqual([]);
  });

  it('fails, and loses nothing, when its chain is trashed meanwhile', async () => {
    const { world, backups, paths, nas } = await setUp();
    using _ = world;
    const chain = join(world.store.path, 'domains/vm1', backups[0]?.chain ?? '');
    nas.onCall = () => renameSync(chain, `${chain}.trashed`);
    const report = await world.apply([copyOf(world, backups)], { run: run(4) });
    expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([
      { code: 'failed', failure: { code: 'file-missing' } },
    ]);
    expect(nas.there).toEqual(Object.fromEntries(paths.map((path) => [path, 'partial'])));
  });

  it('stops at a signal', async () => {
    const { world, backups, nas } = await setUp();
    using _ = world;
    const stop = new AbortController();
    nas.onCall = () => stop.abort();
    const copy = copyOf(world, backups);
    const report = await world.apply([copy], { run: run(4), signal: stop.signal });
    expect(codesOf(report)).toEqual(['interrupted']);
    expect(report.interrupted).toBe(true);
  });

  it('cannot begin where the journal cannot be written', async () => {
    const { world, backups, nas } = await setUp();
    using _ = world;
    const drivers = world.drivers();
    const journals = {
      ...drivers.journals,
      open: () => ({ ok: false, error: { code: 'full', message: 'The disk is full.' } }) as const,
    };
    const copy = copyOf(world, backups);
    const report = await world.apply([copy], { run: run(4), drivers: { ...drivers, journals } });
    expect(codesOf(report)).toEqual(['failed']);
    expect(nas.calls).toEqual([]);
  });
});

describe('when the next point is due', () => {
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['that ends a copy, which waits for the next run', 3600, 3600],
    ['a copy still has a quarter of an hour', -60, 900],
  ])('%s', async (_what, dueSeconds, endsSeconds) => {
    const { world, backups, nas } = await setUp();
    using _ = world;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let wasEarly = true;
    nas.onCall = (_call, signal) => {
      // The world's clock goes on by a second at each look at it.
      vi.advanceTimersByTime((endsSeconds - 60) * 1000);
      wasEarly = signal.aborted;
      vi.advanceTimersByTime(60_000);
    };
    const nextDueAt = new Date(Date.parse(world.now()) + dueSeconds * 1000).toISOString();
    const copy = copyOf(world, backups);
    const report = await world.apply([copy], { run: run(4), nextDueAt });
    expect(wasEarly).toBe(false);
    expect(report.actions.map(({ outcome }) => outcome)).toEqual([
      {
        code: 'waiting',
        failure: {
          code: 'copy-later',
          message: 'The next point is due; the next run goes on with this copy where it stopped.',
        },
      },
    ]);
    expect(report.interrupted).toBe(false);
  });
});
