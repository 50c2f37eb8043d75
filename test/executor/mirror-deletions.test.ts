import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { backupOf, type FakeWorld } from './fake-world.ts';
import { codesOf, copyOf, hideOf, purgeOf, run, setUp } from './mirror-rig.ts';

const away = { code: 'mirror-unreachable', message: 'mirror nas (nas:/vol): no route to host' };

/** The two points, copied. */
const copied = async () => {
  const all = await setUp();
  await all.world.apply([copyOf(all.world, all.backups)], { run: run(4) });
  all.nas.calls.length = 0;
  return all;
};

describe('a mirror that is away', () => {
  it('stops neither a backup nor another mirror (I9)', async () => {
    const { world, vm, backups, nas } = await setUp();
    using _ = world;
    nas.faults.set('copy', away);
    nas.faults.set('observe', away);
    const next = backupOf(world, vm, {}, backups[1]);
    const report = await world.apply(
      [
        next,
        copyOf(world, backups),
        copyOf(world, backups, 'cloud'),
        hideOf(world, backups),
        { ...hideOf(world, backups, 'cloud'), dependsOn: ['copy:cloud:vm1'] },
      ],
      { run: run(4) },
    );
    expect(report.actions.map(({ outcome }) => outcome)).toMatchObject([
      { code: 'done' },
      { code: 'failed', failure: away },
      { code: 'done' },
      { code: 'failed', failure: away },
      { code: 'done' },
    ]);
    expect(Object.values(world.mirror('cloud').there)).toEqual(['deleted', 'deleted']);
  });

  it('is waited for by nobody while it hangs', async () => {
    const { world, backups, nas } = await setUp();
    using _ = world;
    const other = new AbortController();
    nas.onCall = () => once(other.signal, 'abort').then(() => undefined);
    world.mirror('cloud').onCall = () => other.abort();
    const copies = [copyOf(world, backups), copyOf(world, backups, 'cloud')];
    const report = await world.apply(copies, { run: run(4), parallelism: 1 });
    expect(codesOf(report)).toEqual(['done', 'done']);
  });
});

describe('a deletion at a mirror', () => {
  it('hides a chain, purges it later, and is done already the second time', async () => {
    const { world, backups, paths, nas } = await copied();
    using _ = world;
    const [hide, purge] = [hideOf(world, backups), purgeOf(world, backups)];
    expect(codesOf(await world.apply([hide], { run: run(5) }))).toEqual(['done']);
    expect(nas.there).toEqual(Object.fromEntries(paths.map((path) => [path, 'deleted'])));
    expect(codesOf(await world.apply([hide], { run: run(6) }))).toEqual(['already']);
    expect(codesOf(await world.apply([purge], { run: run(7) }))).toEqual(['done']);
    expect(nas.there).toEqual({});
    expect(codesOf(await world.apply([purge], { run: run(8) }))).toEqual(['already']);
    expect(nas.calls).toEqual(['observe', 'hide', 'observe', 'observe', 'purge', 'observe']);
  });

  it('goes on with a chain of which a run that died has hidden a part', async () => {
    const { world, backups, paths, nas } = await copied();
    using _ = world;
    nas.set(paths[1] ?? '', 'deleted');
    expect(codesOf(await world.apply([hideOf(world, backups)], { run: run(5) }))).toEqual(['done']);
  });

  it.each([
    [
      'is held there',
      (paths: readonly string[], nas: ReturnType<FakeWorld['mirror']>) => {
        nas.points.set(paths[0] ?? '', { state: 'there', held: true });
      },
      'held',
      (chain: string) => `Chain ${chain} is held at mirror nas, so it stays there.`,
    ],
    [
      'has got a point',
      (paths: readonly string[], nas: ReturnType<FakeWorld['mirror']>) => {
        nas.set((paths[1] ?? '').replace(/[^/]*$/, '0002-20261122T040000Z-inc'), 'there');
      },
      'points-differ',
      (chain: string) =>
        `Chain ${chain} at mirror nas has point 20261122T040000Z-0001, which the plan did not see.`,
    ],
    [
      'has lost a point',
      (paths: readonly string[], nas: ReturnType<FakeWorld['mirror']>) => {
        nas.points.delete(paths[1] ?? '');
      },
      'points-differ',
      (chain: string) =>
        `Chain ${chain} at mirror nas has lost point 20261122T030000Z-0001 since the plan was made.`,
    ],
    [
      'is beside something that cannot be read',
      (_paths: readonly string[], nas: ReturnType<FakeWorld['mirror']>) => {
        nas.unreadable.push({ path: 'domains/vm1/x', code: 'io', message: 'It cannot be read' });
      },
      'unreadable',
      () =>
        'Something at mirror nas cannot be read, so nothing is deleted there: domains/vm1/x: It cannot be read',
    ],
  ])('leaves a chain alone that %s', async (_what, change, code, message) => {
    const { world, backups, paths, nas } = await copied();
    using _ = world;
    change(paths, nas);
    const report = await world.apply([hideOf(world, backups)], { run: run(5) });
    expect(report.actions.map(({ outcome }) => outcome)).toEqual([
      { code: 'stale', failure: { code, message: message(backups[0]?.chain ?? '') } },
    ]);
    expect(nas.calls).toEqual(['observe']);
  });

  it('purges nothing that is a point again, or held', async () => {
    const { world, backups, paths, nas } = await copied();
    using _ = world;
    nas.set(paths[0] ?? '', 'deleted');
    const again = await world.apply([purgeOf(world, backups)], { run: run(5) });
    nas.set(paths[1] ?? '', 'deleted');
    nas.points.set(paths[0] ?? '', { state: 'deleted', held: true });
    const held = await world.apply([purgeOf(world, backups)], { run: run(6) });
    const chain = backups[0]?.chain;
    expect([again, held].flatMap((report) => report.actions.map(({ outcome }) => outcome))).toEqual(
      [
        {
          code: 'stale',
          failure: {
            code: 'points-differ',
            message: `Point 20261122T030000Z-0001 of chain ${chain} is at mirror nas again, so nothing of it is purged.`,
          },
        },
        {
          code: 'stale',
          failure: {
            code: 'held',
            message: `Chain ${chain} is held at mirror nas, so it stays there.`,
          },
        },
      ],
    );
    expect(nas.calls).toEqual(['observe', 'observe']);
  });

  it('that fails stops those at the same mirror, and no others', async () => {
    const { world, backups, nas } = await copied();
    using _ = world;
    nas.faults.set('hide', { code: 'permission', message: 'mirror nas: permission denied' });
    const local = {
      ...hideOf(world, backups),
      kind: 'trash-chain' as const,
      id: 'trash',
      store: world.store,
      points: backups.map(({ point }) => point),
    };
    const report = await world.apply(
      [hideOf(world, backups), { ...hideOf(world, backups), id: 'hide:again' }, local],
      { run: run(5) },
    );
    expect(codesOf(report)).toEqual(['failed', 'skipped', 'done']);
  });

  it('does not come when the backup of its domain did not (G208)', async () => {
    const { world, vm, backups, nas } = await copied();
    using _ = world;
    world.faults.places.set('begin', { code: 'broken', message: 'It broke.' });
    const next = backupOf(world, vm, {}, backups[1]);
    const report = await world.apply([next, hideOf(world, backups)], { run: run(5) });
    expect(codesOf(report)).toEqual(['failed', 'skipped']);
    expect(nas.calls).toEqual([]);
  });
});
