import { rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { builtProgram as main } from './build.ts';
import { LiveHost } from './host.ts';
import { type LabDomain, virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';
import { SmallDisk } from './small-disk.ts';

const MiB = 1024 ** 2;

let scratch: SmallDisk;
// 256 MiB are insisted on at the start of a job.
const { lab } = privateLab({
  before: async (opened) => {
    scratch = opened.own(await SmallDisk.mount(join(opened.dir, 'small-scratch'), 300));
  },
});
let domain: LabDomain;
beforeAll(async () => {
  domain = await lab.defineDomain();
  await domain.write('vda', 0, 8 * MiB, 0x11);
});

const hasJob = async (): Promise<boolean> =>
  virsh('backup-dumpxml', domain.uuid).then(
    () => true,
    () => false,
  );

it('a store that fills fails the point with a clear message, and keeps all others', async () => {
  await using disk = await SmallDisk.mount(join(lab.dir, 'small-store'), 24);
  const host = new LiveHost(lab, 'full', { store: disk.path, reserve: '1MiB' });
  host.writePolicy([domain]);
  await host.takePoint(domain);
  await domain.write('vda', 8 * MiB, 32 * MiB, 0x12);
  // Guards know the estimate beforehand; the hole is filled in between.
  const ran = await host.run('apply', '--auto-approve', '--now', `domain/${domain.name}`);
  expect(ran.exit, ran.out).toBe(4);
  expect(ran.out).toContain('G407');
  const forced = await host.run(
    'apply',
    '--auto-approve',
    '--now',
    `domain/${domain.name}`,
    '--allow',
    'G407=store/main',
  );
  expect(forced.exit, `${forced.out}${forced.err}`).toBe(1);
  expect(`${forced.out}${forced.err}`).toMatch(/store-full|no space|free, and its reserve/i);
  expect(await hasJob()).toBe(false);
  expect([host.incoming(), host.jobFiles()]).toEqual([[], []]);
  expect(await host.planned()).toEqual([]);
  expect(await host.compareAll(domain)).toBe(1);
  await host.ok('untrack', `domain/${domain.name}`, '--auto-approve');
});

it('I14: a scratch that fills fails the point, never a write of the guest', async () => {
  // The guest rewrites more than what the scratch has above the 256 MiB that must be free.
  const big = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 128 * MiB }] });
  await big.write('vda', 0, 128 * MiB, 0x20);
  const host = new LiveHost(lab, 'scratch', { scratch: scratch.path, rate: '4MiB/s' });
  host.writePolicy([big]);
  const ended = new AbortController();
  let writes = 0;
  const guest = (async () => {
    while (!(await hasScratch(scratch.path))) await new Promise((done) => setTimeout(done, 20));
    for (let at = 0; !ended.signal.aborted && at < 128; at = (at + 4) % 128) {
      // A failed write is qemu-io's complaint, which the lab throws.
      await big.write('vda', at * MiB, 4 * MiB, 0x21 + (writes % 100));
      writes += 1;
    }
  })();
  const ran = await host.run('apply', '--auto-approve', '--now', `domain/${big.name}`);
  ended.abort();
  await guest;
  expect(ran.exit, `${ran.out}${ran.err}`).toBe(7);
  expect(`${ran.out}${ran.err}`).toContain('scratch');
  expect(writes).toBeGreaterThan(2);
  expect(await big.state()).toMatch(/^running/);
  expect([host.incoming(), host.jobFiles()]).toEqual([[], []]);
  expect(await host.points()).toEqual([]);
});

const hasScratch = async (path: string): Promise<boolean> => {
  const { blocks, bfree } = statfsSync(path);
  return blocks - bfree > 0;
};

it('QEMU killed during a job: nothing is left, and the next apply converges', async () => {
  const host = new LiveHost(lab, 'died', { rate: '8MiB/s' });
  host.writePolicy([domain]);
  const child = host.child(
    main,
    '--json',
    'apply',
    '--auto-approve',
    '--now',
    `domain/${domain.name}`,
  );
  const killed: Promise<void>[] = [];
  child.onEvent = ({ kind }) => {
    if (kind === 'progress' && killed.length === 0) killed.push(domain.kill9());
  };
  expect([1, 7]).toContain(await child.ended());
  expect(killed).toHaveLength(1);
  await Promise.all(killed);
  expect([host.incoming(), host.jobFiles()]).toEqual([[], []]);
  await domain.start();
  host.writePolicy([domain], { rate: '1GiB/s' });
  const truth = await host.truthOf(domain);
  // Two, because what QEMU left may be seen only by the second.
  await host.ok('apply', '--auto-approve', '--now', `domain/${domain.name}`);
  expect(await host.newPoint(domain, truth)).toMatchObject({ level: 'full' });
  expect(await host.planned()).toEqual([]);
  expect(await host.compareAll(domain)).toBe(1);
});

it('I4, G152: an unmounted store is unseen: nothing is made there and nothing deleted', async () => {
  const disk = await SmallDisk.mount(join(lab.dir, 'mounted'), 200);
  const host = new LiveHost(lab, 'unmounted', {
    store: join(disk.path, 'store'),
    retention: { chain: { maxPoints: 1 }, keep: { chains: 1 } },
  });
  try {
    host.writePolicy([domain]);
    for (let point = 0; point < 2; point += 1) await host.takePoint(domain);
    const before = await virsh('checkpoint-list', domain.uuid, '--name');
    await disk[Symbol.asyncDispose]();
    const ran = await host.run('apply', '--auto-approve', '--now', `domain/${domain.name}`);
    expect([4, 9], `${ran.out}${ran.err}`).toContain(ran.exit);
    expect(await virsh('checkpoint-list', domain.uuid, '--name')).toBe(before);
    expect((await host.run('status')).exit).toBe(9);
    expect((await host.run('--json', 'plan')).exit).toBe(9);
  } finally {
    await disk[Symbol.asyncDispose]();
    rmSync(disk.path, { recursive: true, force: true });
  }
});

it('a read-only store is said, and harms nothing', async () => {
  await using disk = await SmallDisk.mount(join(lab.dir, 'readonly'), 200);
  const host = new LiveHost(lab, 'ro', { store: join(disk.path, 'store') });
  host.writePolicy([domain]);
  await host.takePoint(domain);
  await disk.remount('ro');
  const ran = await host.run('apply', '--auto-approve', '--now', `domain/${domain.name}`);
  expect(ran.exit, `${ran.out}${ran.err}`).toBe(4);
  expect(`${ran.out}${ran.err}`).toMatch(/read-only|EROFS|cannot be written/i);
  expect(await hasJob()).toBe(false);
  expect(await host.compareAll(domain)).toBe(1);
  await disk.remount('rw');
  expect(await host.takePoint(domain)).toMatchObject({ sequence: 1 });
  expect(await host.compareAll(domain)).toBe(2);
});

it('I14: whoever looks while points are taken kills neither QEMU nor libvirtd', async () => {
  const host = new LiveHost(lab, 'looked-at');
  host.writePolicy([domain]);
  await host.takePoint(domain);
  const pid = await domain.pid();
  const ended = new AbortController();
  let looks = 0;
  const onlookers = [1, 2].map(async () => {
    while (!ended.signal.aborted) {
      const plan = await host.plan();
      expect(plan.incomplete).toBe(false);
      looks += 1;
    }
  });
  for (let point = 1; point < 6; point += 1) {
    await domain.write('vda', point * MiB, 65536, point);
    expect(await host.takePoint(domain)).toMatchObject({ level: 'increment', sequence: point });
  }
  ended.abort();
  await Promise.all(onlookers);
  expect(looks).toBeGreaterThan(5);
  expect(await domain.pid()).toBe(pid);
  expect(await host.compareAll(domain)).toBe(6);
});
