import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { beforeAll, expect, it } from 'vitest';
import type { PointRow } from '../../src/model/report.ts';
import { builtProgram } from './build.ts';
import { LiveHost, type Ran } from './host.ts';
import { compareImages, type LabDomain, LoopDevice, sh, virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
/** The disk itself on a device, and a qcow2 image on another one, larger than the disk. */
let raw: LoopDevice;
let layered: LoopDevice;
let first: PointRow;
let second: PointRow;
/** What the disks held, by point and target. */
const truths = new Map<PointRow, ReadonlyMap<string, string>>();

beforeAll(async () => {
  raw = lab.own(await LoopDevice.attach(join(lab.dir, 'raw.img'), 48 * MiB));
  layered = lab.own(await LoopDevice.attach(join(lab.dir, 'layered.img'), 40 * MiB));
  await sh('qemu-img', 'create', '-q', '-f', 'qcow2', layered.path, String(32 * MiB));
  domain = await lab.defineDomain({
    disks: [
      { target: 'vda', kind: 'block', format: 'raw', path: raw.path },
      { target: 'vdb', kind: 'block', format: 'qcow2', path: layered.path },
      { target: 'vdc', sizeBytes: 16 * MiB },
    ],
  });
  host = new LiveHost(lab, 'devices');
  host.writePolicy([domain]);
  for (const target of ['vda', 'vdb', 'vdc']) await domain.write(target, 0, 8 * MiB, 0x11);
  first = await take();
  await domain.write('vda', 4 * MiB, MiB, 0x12);
  await domain.write('vdb', 4 * MiB, MiB, 0x22);
  await domain.zero('vdb', 0, MiB);
  await domain.discard('vdb', 2 * MiB, MiB);
  second = await take();
  // What must be gone after a restore, also where the point holds nothing.
  for (const target of ['vda', 'vdb', 'vdc']) await domain.write(target, 0, 12 * MiB, 0x99);
  await domain.stop();
});

async function take(): Promise<PointRow> {
  const truth = await host.truthOf(domain);
  await host.ok('apply', '--auto-approve', '--now', `domain/${domain.name}`);
  const point = await host.newPoint(domain, truth);
  truths.set(point, truth);
  return point;
}

const truth = (point: PointRow, target: string): string => truths.get(point)?.get(target) ?? '';

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Everything that a refused restore leaves as it is. */
const untouched = async (): Promise<readonly string[]> => [
  await digest(raw.path),
  await digest(layered.path),
  await digest(domain.disks[2]?.path ?? ''),
  await domain.state(),
  ...readdirSync(lab.dir).filter((name) => /before-restore|restoring/.test(name)),
];

const inPlace = (...args: readonly string[]): Promise<Ran> =>
  host.run('restore', second.address, '--in-place', '--auto-approve', ...args);

/** A restore that must be refused: its words, and that it changed nothing. */
async function refused(...args: readonly string[]): Promise<string> {
  const before = await untouched();
  expect(before).toHaveLength(4);
  const ran = await inPlace(...args);
  expect(ran.exit, `${ran.out}${ran.err}`).toBe(1);
  expect(await untouched()).toEqual(before);
  return `${ran.out}${ran.err}`;
}

it('takes increments of a qcow2 image on a device, and the whole of a raw one', async () => {
  expect([first.level, second.level]).toEqual(['full', 'increment']);
  const manifest = JSON.parse(
    readFileSync(join(host.pointDirectory(second), 'point.json'), 'utf8'),
  ) as { disks: readonly { target: string; level: string; source: { kind: string } }[] };
  expect(manifest.disks.map(({ target, level, source }) => [target, level, source.kind])).toEqual([
    ['vda', 'full', 'block'],
    ['vdb', 'increment', 'block'],
    ['vdc', 'increment', 'file'],
  ]);
  expect(await host.compareAll(domain)).toBe(6);
});

it('writes no device without --overwrite-device', async () => {
  expect(await refused()).toContain(
    `vda goes to the device ${raw.path}: --overwrite-device writes it (and --keep DIR copies the old content first), --to DIR makes files instead`,
  );
});

it('refuses a device that is too small before a byte is written', async () => {
  truncateSync(raw.file, 47 * MiB);
  await raw.resized();
  expect(await refused('--overwrite-device')).toContain(
    `${raw.path} has ${47 * MiB} bytes, ${48 * MiB} are needed: enlarge it, or use --to DIR`,
  );
  truncateSync(raw.file, 48 * MiB);
  await raw.resized();
});

it('refuses a device that this host has mounted', async () => {
  const copy = join(lab.dir, 'copy-of-raw');
  copyFileSync(raw.file, copy);
  await sh('sh', '-c', 'PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q "$1"', 'sh', raw.path);
  const at = join(host.dir, 'mounted');
  await sh('mkdir', at);
  await sh('mount', '-o', 'ro,noload', raw.path, at);
  try {
    expect(await refused('--overwrite-device')).toContain(
      `This host itself uses ${raw.path} (mounted, swap, or part of a volume group or RAID): end that first, or use --to DIR`,
    );
  } finally {
    await sh('umount', at);
    await sh('dd', `if=${copy}`, `of=${raw.path}`, 'bs=1M', 'conv=fsync', 'status=none');
  }
});

it('refuses --as onto the device of a domain that has it, and --keep without a device', async () => {
  const before = await untouched();
  const as = await host.run('restore', second.address, '--as', 'other', '--auto-approve');
  expect([as.exit, as.err]).toEqual([
    1,
    `holdfast: ${raw.path} belongs to the domain ${domain.name}: choose another place with --to DIR\n`,
  ]);
  expect(await refused('--disk', 'vdc', '--keep', join(host.dir, 'kept'))).toContain(
    '--keep goes with block devices, and this restore writes none',
  );
  expect(await untouched()).toEqual(before);
});

it('a damaged image of the point is found before a domain that runs is shut down', async () => {
  const image = join(host.pointDirectory(second), 'vdb.qcow2');
  const good = readFileSync(image);
  const bad = Buffer.from(good);
  bad[bad.length - 1] = (bad[bad.length - 1] ?? 0) ^ 0xff;
  await domain.start('--paused');
  writeFileSync(image, bad);
  try {
    const ran = await inPlace('--overwrite-device', '--power-off');
    expect(ran.exit).toBe(1);
    expect(`${ran.out}${ran.err}`).toContain('vdb.qcow2 is not what was written: its SHA-256 is');
    expect(await domain.state()).toMatch(/^paused/);
  } finally {
    writeFileSync(image, good);
    await domain.stop();
  }
});

it('--overwrite-device restores both devices bit for bit; --keep has what they held', async () => {
  const old = [await digest(raw.path), await digest(layered.path)];
  const oldFile = await domain.copyOf('vdc');
  const kept = join(host.dir, 'kept');
  const ran = await inPlace('--overwrite-device', '--keep', kept);
  expect(ran.exit, `${ran.out}${ran.err}`).toBe(0);
  const disks = [
    [raw.path, 'raw', 'vda'],
    [layered.path, 'qcow2', 'vdb'],
    [domain.disks[2]?.path ?? '', 'qcow2', 'vdc'],
  ] as const;
  for (const [path, format, target] of disks) {
    expect(await compareImages(truth(second, target), path, ['raw', format]), target).toBe(
      'identical',
    );
  }
  // Devices are copied away, files renamed; the report names each.
  const copies = readdirSync(kept).toSorted();
  expect(copies.map((name) => name.replace(/\d{8}T\d{6}Z/, 'TIME'))).toEqual([
    `${domain.name}-vda.before-restore-TIME.qcow2`,
    `${domain.name}-vdb.before-restore-TIME.qcow2`,
  ]);
  for (const [at, name] of copies.entries()) {
    expect(ran.out).toContain(`kept     ${join(kept, name)}`);
    const back = join(host.dir, `${at}.raw`);
    await sh('qemu-img', 'convert', '-O', 'raw', join(kept, name), back);
    expect(await digest(back)).toBe(old[at]);
  }
  const [aside, ...more] = readdirSync(lab.dir).filter((name) => name.includes('before-restore'));
  expect(more).toEqual([]);
  expect(ran.out).toContain(`kept     ${join(lab.dir, aside ?? '')}`);
  expect(await compareImages(oldFile, join(lab.dir, aside ?? ''), ['raw', 'qcow2'])).toBe(
    'identical',
  );
});

it('goes on with a full, then an increment, both right', async () => {
  await domain.start();
  await domain.write('vdb', 20 * MiB, MiB, 0x31);
  expect(await host.takePoint(domain)).toMatchObject({ level: 'full', sequence: 0 });
  await domain.write('vdb', 22 * MiB, MiB, 0x32);
  expect(await host.takePoint(domain)).toMatchObject({ level: 'increment', sequence: 1 });
  expect(await host.compareAll(domain)).toBe(12);
  await domain.stop();
});

it('SIGKILL while a device is written: said by every plan, no point is taken, and a restore ends it', async () => {
  // Larger than the disk by now: what is behind the disk's end is nobody's.
  truncateSync(raw.file, 50 * MiB);
  await raw.resized();
  await sh('sh', '-c', `printf tail | dd of=${raw.path} bs=1M seek=49 conv=fsync status=none`);
  const said = `domain/${domain.name}: may be half written: run`;
  const noted = async (): Promise<boolean> => (await host.run('plan')).out.includes(said);
  expect(await noted()).toBe(false);
  const args = ['restore', second.address, '--in-place', '--overwrite-device', '--auto-approve'];
  // On a busy machine the signal may come late, when all is written: then it is done again.
  for (let tries = 0; tries < 5 && !(await noted()); tries += 1) {
    const child = host.child(builtProgram, '--json', ...args);
    child.killAt(
      'SIGKILL',
      (event) => event.kind === 'intent' && event.intent.kind === 'device-write',
    );
    await child.ended();
    // 9: an image that was set aside is put back by it, and its plan has not seen that one.
    const repaired = await host.run('apply', '--auto-approve');
    expect([0, 9], `${repaired.out}${repaired.err}`).toContain(repaired.exit);
  }
  // Neither an apply nor asking for a point makes it forgotten.
  const now = ['apply', '--auto-approve', '--now', `domain/${domain.name}`];
  expect(await host.ok(...now)).toContain(
    `${raw.path}, ${layered.path} may be half written: restore it again`,
  );
  const points = (await host.points(domain.name)).length;
  expect([await noted(), points]).toEqual([true, 4]);
  const again = await host.ok(...args);
  expect(again).toContain('the device is larger: its last 2 MiB stay as they are');
  expect(await noted()).toBe(false);
  const content = readFileSync(raw.path);
  expect(content.subarray(49 * MiB, 49 * MiB + 4).toString()).toBe('tail');
  truncateSync(raw.file, 48 * MiB);
  await raw.resized();
  expect(await compareImages(truth(second, 'vda'), raw.path, ['raw', 'raw'])).toBe('identical');
  expect(await host.planned()).toEqual([]);
});

it('without the domain: back onto its devices with the flag, as files with --to', async () => {
  const name = `${domain.name}-files`;
  try {
    const to = join(lab.dir, 'files');
    await host.ok('restore', first.address, '--as', name, '--to', to, '--start', '--auto-approve');
    const restored = readdirSync(to).toSorted();
    expect(restored).toEqual(
      ['vda.raw', 'vdb.qcow2', 'vdc.qcow2'].map((file) => `${name}-${file}`),
    );
    for (const [at, target] of ['vda', 'vdb', 'vdc'].entries()) {
      expect(await compareImages(truth(first, target), join(to, restored[at] ?? ''))).toBe(
        'identical',
      );
    }
    expect(await virsh('domstate', name)).toBe('running');
  } finally {
    await lab.forget(name);
  }
  await virsh('undefine', domain.uuid, '--checkpoints-metadata');
  await sh('rm', domain.disks[2]?.path ?? '');
  const again = ['restore', first.address, '--auto-approve'];
  expect((await host.run(...again)).err).toContain('--overwrite-device writes it');
  await host.ok(...again, '--overwrite-device', '--start');
  expect(await domain.state()).toMatch(/^running/);
  await domain.stop();
  expect(await compareImages(truth(first, 'vda'), raw.path, ['raw', 'raw'])).toBe('identical');
  expect(await compareImages(truth(first, 'vdb'), layered.path, ['raw', 'qcow2'])).toBe(
    'identical',
  );
});
