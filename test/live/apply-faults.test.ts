import { kill } from 'node:process';
import { expect, it } from 'vitest';
import { virsh } from './apply-domain.ts';
import { ApplyWorld, outcomesOf } from './apply-world.ts';

const MiB = 1024 ** 2;
const vda = { target: 'vda', format: 'qcow2', sizeBytes: 64 * MiB } as const;

/** A domain with one point, and something new on its disk. */
async function worldWithPoint(name: string): Promise<ApplyWorld> {
  const world = new ApplyWorld(name, [vda]);
  virsh('start', world.name);
  world.write(['vda', 'write -P 0x11 0 32M']);
  world.remember('first');
  expect(await world.takePoint()).toEqual(['create-store done', 'backup done']);
  world.write(['vda', 'write -P 0x12 8M 16M']);
  world.remember('second');
  return world;
}

/** A rate at which 16 MiB take long enough to be interrupted. */
const slowly = new Map([['main', { jobs: 1, rateBytesPerSecond: 4 * MiB, reserveBytes: 0 }]]);

it('loses nothing when QEMU is killed while it is read', async () => {
  using world = await worldWithPoint('killed');
  world.onEvent = (event) => {
    if (event.kind === 'progress') {
      world.onEvent = () => {};
      kill(world.qemuPid, 'SIGKILL');
    }
  };
  const [outcome] = await world.takePoint({ limits: slowly });
  expect(outcome).toMatch(/^backup failed: (nbd|job)-/);
  await expect.poll(() => world.state).toBe('shut off');
  expect(world.pointDirectories()).toHaveLength(1);
  expect(world.checkpoints).toHaveLength(1);
  expect(world.jobFiles()).toEqual([]);
  // The bitmap died with QEMU: the next plan notices, and takes a full.
  virsh('start', world.name);
  const plan = await world.plan();
  expect(plan.actions.find(({ kind }) => kind === 'backup')).toMatchObject({ level: 'full' });
  expect(outcomesOf(await world.apply(plan)).at(-1)).toBe('backup done');
  world.compare(0, 'first');
  expect((await world.plan(false)).actions).toEqual([]);
});

it('stops at a signal, and leaves nothing behind', async () => {
  using world = await worldWithPoint('stopped');
  const before = world.checkpoints;
  const stop = new AbortController();
  world.onEvent = (event) => {
    if (event.kind === 'progress') stop.abort();
  };
  const report = await world.apply(await world.plan(), { limits: slowly, signal: stop.signal });
  expect(outcomesOf(report)).toEqual(['backup interrupted']);
  expect(report.interrupted).toBe(true);
  expect(world.checkpoints).toEqual(before);
  expect(world.pointDirectories()).toHaveLength(1);
  expect(world.jobFiles()).toEqual([]);
  expect((await world.plan(false)).actions).toEqual([]);
  // And the increment that was stopped can be taken.
  world.onEvent = () => {};
  expect(await world.takePoint()).toEqual(['backup done']);
  world.compare(0, 'first');
  world.compare(1, 'second');
});

it('waits while another program has a job on the domain', async () => {
  using world = await worldWithPoint('busy');
  const plan = await world.plan();
  world.beginForeignJob();
  const outcomes = outcomesOf(await world.apply(plan));
  expect(outcomes).toEqual([
    `backup waiting: foreign-job: Another program's job (backup) is on ${world.name}.`,
  ]);
  virsh('domjobabort', world.name);
  // libvirt answers when it has told QEMU, which takes a moment to end the job (seen).
  await expect.poll(() => world.hasJob).toBe(false);
  expect(outcomesOf(await world.apply(await world.plan()))).toEqual(['backup done']);
});

it('says that the store is full, and keeps its reserve', async () => {
  using world = await worldWithPoint('full');
  const limits = new Map([['main', { jobs: 1, rateBytesPerSecond: null, reserveBytes: 1e18 }]]);
  const [outcome] = await world.takePoint({ limits });
  expect(outcome).toMatch(
    /^backup failed: store-full: .* and its reserve is 1000000000000000000; no backup is written into the reserve\.$/,
  );
  expect(world.checkpoints).toHaveLength(1);
});

it('meets a full store in the middle of an image, and leaves nothing of it', async () => {
  using world = await worldWithPoint('nospace');
  const before = world.checkpoints;
  const plan = await world.plan();
  using _ = world.fillStore(4 * MiB);
  const [outcome] = outcomesOf(await world.apply(plan));
  expect(outcome).toMatch(/^backup failed: store-full: .*: no space left to write it/);
  expect(world.checkpoints).toEqual(before);
  expect(world.pointDirectories()).toHaveLength(1);
  expect(world.jobFiles()).toEqual([]);
});
