import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtProgram as main } from './build.ts';
import { CrashWorld } from './crash-world.ts';
import { type HostChild, type HostOptions } from './host.ts';
import { itLong } from './long.ts';
import { privateLab } from './private-lab.ts';
import { score } from './score.ts';
import { SickDisk } from './sick-disk.ts';
import { SmallDisk } from './small-disk.ts';

const MiB = 1024 ** 2;

let scratch: SmallDisk;
const { lab } = privateLab({
  before: async (opened) => {
    scratch = opened.own(await SmallDisk.mount(join(opened.dir, 'small-scratch'), 400));
  },
});

/** A domain with one point, and 8 MiB that are not in it yet. */
async function world(name: string, options: HostOptions): Promise<CrashWorld> {
  const made = await CrashWorld.create(main, lab, `${name}-host`, 'running', options);
  await made.write();
  await made.take();
  await made.domain.write('vda', 0, 8 * MiB, 0x77);
  await made.write();
  return made;
}

/** Takes a point; when its copy has begun, something happens to the disk. */
async function takeWhile(made: CrashWorld, then: () => Promise<void>): Promise<HostChild> {
  const now = ['--json', 'apply', '--auto-approve', '--now', made.address];
  const child = made.host.child(main, ...now);
  const done: Promise<void>[] = [];
  child.onEvent = ({ kind }) => {
    if (kind === 'progress' && done.length === 0) done.push(then());
  };
  await child.ended();
  expect(done).toHaveLength(1);
  await Promise.all(done);
  return child;
}

/** The guest goes on: a write of it succeeds. */
const guestWrites = (made: CrashWorld): Promise<void> => made.domain.write('vda', 15 * MiB, 512, 9);

/** The next runs repair; all points are compared; a new one can be taken. */
async function recovers(made: CrashWorld, kind: string): Promise<void> {
  await made.settle();
  await made.write();
  made.host.writePolicy([made.domain], { rate: '1GiB/s' });
  await made.take();
  await made.settle();
  score({ area: 'faults', kind, compared: made.compared });
}

const slowly: HostOptions = { rate: '4MiB/s' };

/** Takes every byte of a small file system. */
function fill(path: string): void {
  for (let bytes = MiB; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) writeFileSync(join(path, 'ballast'), Buffer.alloc(bytes), { flag: 'a' });
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  }
  expect(statfsSync(path).bavail).toBe(0);
}

itLong('ENOSPC: a full file system of journals starts nothing, and says so', async () => {
  await using disk = await SmallDisk.mount(join(lab.dir, 'full-state'), 8);
  const made = await world('full-state', { stateDir: join(disk.path, 'state') });
  fill(disk.path);
  const child = made.host.child(main, 'apply', '--auto-approve', '--now', made.address);
  const ended = await child.ended();
  expect(child.err + child.out).toMatch(/no space is left; make room/);
  expect(ended).toBe(1);
  await made.nothingLeft(await made.host.points());
  rmSync(join(disk.path, 'ballast'));
  await recovers(made, 'ENOSPC journals, at start');
});

it('EIO: the disk of the journals fails in mid-copy', async () => {
  await using disk = await SickDisk.mount(join(lab.dir, 'sick-state'), 16);
  const made = await world('sick-state', { ...slowly, stateDir: join(disk.path, 'state') });
  const child = await takeWhile(made, async () => disk.fail());
  await guestWrites(made);
  expect(child.err + child.out).toMatch(/the disk reports an error|read-only/);
  expect([1, 7, 9]).toContain(await child.ended());
  disk.heal();
  await disk.unmount();
  await disk.mountAgain();
  await recovers(made, 'EIO journals, in mid-copy');
});

itLong('ENOSPC: the store fills in mid-copy', async () => {
  await using disk = await SmallDisk.mount(join(lab.dir, 'fills-store'), 48);
  const made = await world('fills-store', { ...slowly, store: join(disk.path, 'store') });
  const child = await takeWhile(made, async () => fill(disk.path));
  await guestWrites(made);
  // Whoever meets it first says it: a write, or the watch of the reserve.
  expect(child.err + child.out).toMatch(
    /no space left to write it|no space is left|has 0 bytes free, and its reserve is/,
  );
  expect(await child.ended()).toBe(1);
  rmSync(join(disk.path, 'ballast'));
  await recovers(made, 'ENOSPC store, in mid-copy');
});

itLong(
  'EIO, EROFS: the disk of the store fails in mid-copy, and its file system becomes read-only',
  async () => {
    await using disk = await SickDisk.mount(join(lab.dir, 'sick-store'), 64);
    const made = await world('sick-store', { ...slowly, store: join(disk.path, 'store') });
    const child = await takeWhile(made, async () => disk.fail());
    await guestWrites(made);
    expect(child.err + child.out).toMatch(/the disk reports an error|read-only/);
    expect([1, 7, 9]).toContain(await child.ended());
    // As long as it is ill nothing else is harmed, and it is said.
    const ill = await made.host.run('apply', '--auto-approve', '--now', made.address);
    expect([1, 4, 7, 9], `${ill.out}${ill.err}`).toContain(ill.exit);
    disk.heal();
    await disk.unmount();
    await disk.mountAgain();
    await recovers(made, 'EIO store, in mid-copy');
  },
);

itLong('I14: a store that is slow makes no write of the guest wait', async () => {
  const slow = ['--filter=delay'];
  await using disk = await SickDisk.mount(join(lab.dir, 'slow-store'), 64, slow, ['wdelay=10ms']);
  const made = await world('slow-store', { store: join(disk.path, 'store') });
  let ended = false;
  let writes = 0;
  const child = await takeWhile(made, async () => {
    await guestWrites(made);
    writes += ended ? 0 : 1;
  });
  ended = true;
  expect([await child.ended(), writes], child.err).toEqual([0, 1]);
  await made.meet();
  await recovers(made, 'slow store');
});

it('G152: a store that is unmounted in mid-copy gets no point in the directory below', async () => {
  await using disk = await SickDisk.mount(join(lab.dir, 'gone-store'), 64);
  const made = await world('gone-store', { ...slowly, store: join(disk.path, 'store') });
  const child = await takeWhile(made, () => disk.vanish());
  await guestWrites(made);
  expect(readdirSync(disk.path)).toEqual([]);
  expect([1, 7, 9], child.err).toContain(await child.ended());
  expect(child.err + child.out).toMatch(/is not there|not mounted|no store/);
  const away = await made.host.run('apply', '--auto-approve', '--now', made.address);
  expect([4, 9], `${away.out}${away.err}`).toContain(away.exit);
  expect(readdirSync(disk.path)).toEqual([]);
  await disk.mountAgain();
  await recovers(made, 'store unmounted in mid-copy');
});

itLong(
  'EROFS: a scratch directory on a read-only file system is said, and no job begins',
  async () => {
    const made = await world('ro-scratch', { scratch: scratch.path });
    await scratch.remount('ro');
    const child = made.host.child(main, 'apply', '--auto-approve', '--now', made.address);
    const ended = await child.ended();
    expect(child.err + child.out).toMatch(/scratch/);
    expect(child.err + child.out).toMatch(/read-only/);
    expect([1, 4]).toContain(ended);
    await scratch.remount('rw');
    await recovers(made, 'EROFS scratch');
  },
);

itLong('ENOSPC: a scratch directory that has no room is said, and no job begins', async () => {
  const made = await world('full-scratch', { scratch: scratch.path });
  fill(scratch.path);
  const child = made.host.child(main, 'apply', '--auto-approve', '--now', made.address);
  const ended = await child.ended();
  expect(child.err + child.out).toMatch(/G407/);
  expect(child.err + child.out).toMatch(/scratch/);
  expect(ended).toBe(4);
  rmSync(join(scratch.path, 'ballast'));
  await recovers(made, 'ENOSPC scratch');
});
