import { expect, it } from 'vitest';
import { virsh } from './apply-domain.ts';
import { ApplyWorld, outcomesOf } from './apply-world.ts';

const MiB = 1024 ** 2;
const vda = { target: 'vda', format: 'qcow2', sizeBytes: 64 * MiB } as const;
const vdb = { target: 'vdb', format: 'raw', sizeBytes: 8 * MiB } as const;

it('takes a full and increments of a running domain that hold what was on its disk', async () => {
  using world = new ApplyWorld('running', [vda]);
  world.verify = 'source';
  virsh('start', world.name);
  world.write(['vda', 'write -P 0x11 0 8M'], ['vda', 'write -P 0x12 20M 3M']);
  world.remember('first');
  expect(await world.takePoint()).toEqual(['create-store done', 'backup done']);
  expect(world.checkpoints).toHaveLength(1);
  const [full] = world.checkpoints;

  world.write(
    ['vda', 'write -P 0x21 1M 64k'],
    ['vda', 'write -z -u 2M 1M'],
    ['vda', 'discard 4M 1M'],
    ['vda', 'write -P 0x22 21M 3k'],
    ['vda', 'write -P 0x23 40M 128k'],
  );
  world.remember('second');
  expect(await world.takePoint()).toEqual(['backup done']);
  expect(world.checkpoints).toHaveLength(1);
  expect(world.checkpoints).not.toContain(full);

  // Nothing at all changed.
  world.remember('third');
  expect(await world.takePoint()).toEqual(['backup done']);

  expect(world.pointDirectories().map((path) => path.replace(/.*\/(\d+)-.*-/, '$1-'))).toEqual([
    '0000-full',
    '0001-inc',
    '0002-inc',
  ]);
  world.compare(0, 'first');
  world.compare(1, 'second');
  world.compare(2, 'third');
  expect(world.state).toBe('running');
  expect(world.jobFiles()).toEqual([]);
  expect((await world.plan(false)).actions).toEqual([]);
});

it('starts a domain that is off paused, stops it, and sees that nothing changed since', async () => {
  using world = new ApplyWorld('off', [vda]);
  world.writeOff(['vda', 'write -P 0x31 0 4M']);
  world.remember('first');
  expect(await world.takePoint()).toEqual(['create-store done', 'backup done']);
  expect(world.state).toBe('shut off');
  world.writeOff(['vda', 'write -P 0x32 1M 64k'], ['vda', 'discard 2M 1M']);
  world.remember('second');
  expect(await world.takePoint()).toEqual(['backup done']);
  expect(world.state).toBe('shut off');
  world.compare(0, 'first');
  world.compare(1, 'second');
  expect(world.checkpoints).toHaveLength(1);
  const plan = await world.planLater();
  expect(plan.actions).toEqual([]);
  expect(plan.domains[0]?.reasons.map(({ code }) => code)).toContain('unchanged');
  world.writeOff(['vda', 'write -P 0x33 0 64k']);
  expect((await world.planLater()).actions.map(({ kind }) => kind)).toEqual(['backup']);
});

it('leaves a paused domain paused', async () => {
  using world = new ApplyWorld('paused', [vda]);
  virsh('start', '--paused', world.name);
  const id = virsh('domid', world.name);
  world.write(['vda', 'write -P 0x41 0 1M']);
  world.remember('first');
  expect(await world.takePoint()).toEqual(['create-store done', 'backup done']);
  world.compare(0, 'first');
  expect(world.state).toBe('paused');
  expect(virsh('domid', world.name)).toBe(id);
});

it('takes two disks at one instant, the raw one always whole', async () => {
  using world = new ApplyWorld('two', [vda, vdb]);
  virsh('start', world.name);
  world.write(['vda', 'write -P 0x51 0 2M'], ['vdb', 'write -P 0x52 0 1M']);
  world.remember('first');
  expect(await world.takePoint()).toEqual(['create-store done', 'backup done']);
  world.write(['vda', 'write -P 0x53 1M 64k'], ['vdb', 'write -P 0x54 3M 64k']);
  world.remember('second');
  expect(await world.takePoint()).toEqual(['backup done']);
  world.compare(0, 'first');
  world.compare(1, 'second');
});

it('is stale, not wrong, when two images were exchanged between plan and apply', async () => {
  using world = new ApplyWorld('swap', [vda, { ...vda, target: 'vdb' }]);
  expect(await world.takePoint()).toEqual(['create-store done', 'backup done']);
  const plan = await world.plan();
  world.swapImages('vda', 'vdb');
  expect(outcomesOf(await world.apply(plan))).toEqual([
    `backup stale: source-changed: Another image is behind vda of ${world.name} than the plan saw.`,
  ]);
  expect(world.pointDirectories()).toHaveLength(1);
});
