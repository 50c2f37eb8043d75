import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { PointRow } from '../../src/model/report.ts';
import { eventually } from './eventually.ts';
import { LiveHost } from './host.ts';
import { compareImages, type LabDomain, virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();
let host: LiveHost;
let domain: LabDomain;
/** Two disks, two points: what they held, by point. */
const truths = new Map<PointRow, ReadonlyMap<string, string>>();
let first: PointRow;
let second: PointRow;

beforeAll(async () => {
  domain = await lab.defineDomain({
    disks: [
      { target: 'vda', sizeBytes: 64 * MiB },
      { target: 'vdb', sizeBytes: 16 * MiB },
    ],
    devices: "<interface type='user'><model type='virtio'/></interface>",
  });
  host = new LiveHost(lab, 'restore');
  host.writePolicy([domain]);
  const take = async (): Promise<PointRow> => {
    const truth = await host.truthOf(domain);
    await host.ok('apply', '--auto-approve', '--now', `domain/${domain.name}`);
    const point = await host.newPoint(domain, truth);
    truths.set(point, truth);
    return point;
  };
  await domain.write('vda', 0, 8 * MiB, 0x11);
  await domain.write('vdb', 0, MiB, 0x21);
  first = await take();
  await domain.write('vda', 4 * MiB, MiB, 0x12);
  await domain.discard('vdb', 0, MiB);
  second = await take();
  await domain.write('vda', 0, MiB, 0x13);
  await domain.stop();
});

const truth = (point: PointRow, target: string): string => truths.get(point)?.get(target) ?? '';
const imageOf = (target: string): string =>
  domain.disks.find((disk) => disk.target === target)?.path ?? '';
const sources = async (name: string): Promise<readonly string[]> =>
  (await virsh('domblklist', name))
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[1] ?? '')
    .filter((path) => path !== '');
const macs = (xml: string): readonly string[] =>
  [...xml.matchAll(/<mac address='([^']+)'/g)].map(([, mac = '']) => mac);

it.each([
  [[], /exists: use --as NAME for another one, or --in-place/],
  [['--in-place', '--as', 'other'], /--in-place excludes --as and --to/],
  [['--as', 'other', '--disk', 'vda'], /--disk goes with --in-place or --images-only/],
  [['--in-place', '--disk', 'vdz'], /The point has no disk vdz; it has vda, vdb/],
  [['--at', '2020-01-01', '--in-place'], /no point at or before/],
])('refuses %j, naming what helps', async (args, message) => {
  const ran = await host.run('restore', `domain/${domain.name}`, '--auto-approve', ...args);
  expect(ran.exit).toBe(1);
  expect(ran.err).toMatch(message);
});

it('refuses a running domain, and one with internal snapshots', async () => {
  const inPlace = ['restore', `domain/${domain.name}`, '--in-place', '--auto-approve'];
  await domain.start('--paused');
  expect((await host.run(...inPlace)).err).toMatch(/is paused: shut it down, or let --power-off/);
  await domain.stop();
  const other = await lab.defineDomain({ start: false });
  host.writePolicy([domain, other]);
  await virsh('snapshot-create-as', other.uuid, 'inside');
  await host.takePoint(other);
  const ran = await host.run('restore', `domain/${other.name}`, '--in-place', '--auto-approve');
  expect(ran.err).toMatch(/has internal snapshots \(inside\)/);
  await lab.forget(other.uuid);
  host.writePolicy([domain]);
});

it('--as makes a new domain that starts, with a uuid, MACs and images of its own', async () => {
  const name = `${domain.name}-new`;
  const to = join(lab.dir, 'new');
  try {
    await host.ok('restore', `domain/${domain.name}`, '--as', name, '--to', to, '--auto-approve');
    expect(await virsh('domstate', name)).toBe('shut off');
    expect(await virsh('domuuid', name)).not.toBe(domain.uuid);
    const [old, fresh] = [
      macs(await virsh('dumpxml', domain.uuid)),
      macs(await virsh('dumpxml', name)),
    ];
    expect([old.length, fresh.length]).toEqual([1, 1]);
    expect(fresh).not.toEqual(old);
    const images = await sources(name);
    expect(images.map((path) => dirname(path))).toEqual([to, to]);
    expect(await compareImages(truth(second, 'vda'), images[0] ?? '')).toBe('identical');
    expect(await compareImages(truth(second, 'vdb'), images[1] ?? '')).toBe('identical');
    await virsh('start', name);
    expect(await virsh('domstate', name)).toBe('running');
  } finally {
    await lab.forget(name);
  }
});

it('--disk and --to write the images that were asked for, and nothing else', async () => {
  const to = join(host.dir, 'images');
  const address = first.address;
  const common = ['restore', address, '--images-only', '--to', to, '--auto-approve'];
  await host.ok(...common, '--disk', 'vdb');
  expect(readdirSync(to)).toEqual(['vdb.qcow2']);
  expect(await compareImages(truth(first, 'vdb'), join(to, 'vdb.qcow2'))).toBe('identical');
  // Never over what is there.
  const again = await host.run(...common, '--disk', 'vdb');
  expect(again.exit).toBe(1);
  expect(again.err).toMatch(/vdb\.qcow2 exists: choose another place with --to DIR/);
});

/** Everything about the store's images that a restore must not change. */
function chainState(): readonly string[] {
  const place = join(host.store, 'domains', domain.name);
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.qcow2'))
    .toSorted()
    .map((path) => {
      const file = join(place, path);
      const { mode, uid, gid, mtimeNs } = statSync(file, { bigint: true });
      const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
      return `${path} ${mode} ${uid} ${gid} ${mtimeNs} ${hash}`;
    });
}

const serversOf = (): readonly string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return line.startsWith('qemu-nbd') && line.includes(host.dir);
      } catch {
        return false;
      }
    });

it('--instant boots from the point; the chain is not touched, and the server ends with the domain', async () => {
  const name = `${domain.name}-look`;
  const to = join(lab.dir, 'look');
  const before = chainState();
  expect(before).toHaveLength(4);
  try {
    await host.ok(
      'restore',
      first.address,
      '--instant',
      '--as',
      name,
      '--to',
      to,
      '--auto-approve',
    );
    expect(await virsh('domstate', name)).toBe('running');
    expect(serversOf()).toHaveLength(2);
    const blocks = JSON.parse(
      await virsh('qemu-monitor-command', name, '{"execute":"query-named-block-nodes"}'),
    ) as object;
    expect(JSON.stringify(blocks)).toContain('nbd');
    // What the domain reads is what the point holds; what it writes stays in the overlay.
    const io = async (command: string): Promise<string> =>
      virsh(
        'qemu-monitor-command',
        name,
        '--hmp',
        `qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend "${command}"`,
      );
    const overlay = join(to, `${name}-vda.qcow2`);
    expect(await compareImages(truth(first, 'vda'), overlay)).toBe('identical');
    await io('write -P 0x77 4M 1M');
    expect(await compareImages(truth(first, 'vda'), overlay)).toMatch(/mismatch/);
    const held = (await host.points(domain.name)).filter((point) => point.held);
    expect(held.map(({ point }) => point)).toEqual([first.point, second.point]);
    expect(chainState()).toEqual(before);
    await virsh('destroy', name);
    await eventually('the servers end', async () => serversOf().length === 0);
    expect(chainState()).toEqual(before);
  } finally {
    await lab.forget(name);
  }
  await host.ok('release', `domain/${domain.name}/${first.chain}`);
  // One that fails leaves no hold.
  writeFileSync(join(lab.dir, 'file'), '');
  const beside = ['--instant', '--as', name, '--to', join(lab.dir, 'file/x'), '--auto-approve'];
  expect((await host.run('restore', first.address, ...beside)).exit).toBe(1);
  expect((await host.points(domain.name)).filter((point) => point.held)).toEqual([]);
});

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

it('a definition that libvirt refuses puts the old images back', async () => {
  const old = new Map<string, string>();
  for (const { target } of domain.disks) old.set(target, await domain.copyOf(target));
  const directory = host.pointDirectory(second);
  const definition = join(directory, 'domain.xml');
  const manifest = join(directory, 'point.json');
  const texts = [readFileSync(definition, 'utf8'), readFileSync(manifest, 'utf8')] as const;
  // As if it were of a host with a newer QEMU: a machine that this one does not have.
  const newer = texts[0].replace(/machine='[^']+'/, "machine='pc-q35-99'");
  writeFileSync(definition, newer);
  writeFileSync(
    manifest,
    texts[1]
      .replace(digest(texts[0]), digest(newer))
      .replace(`"bytes": ${texts[0].length},`, `"bytes": ${newer.length},`),
  );
  try {
    const ran = await host.run('restore', second.address, '--in-place', '--auto-approve');
    expect(ran.exit, `${ran.out}${ran.err}`).toBe(1);
    expect(`${ran.out}${ran.err}`).toContain('pc-q35-99');
    expect(`${ran.out}${ran.err}`).toContain('Defining');
  } finally {
    writeFileSync(definition, texts[0]);
    writeFileSync(manifest, texts[1]);
  }
  for (const [target, copy] of old) {
    expect(await compareImages(copy, imageOf(target))).toBe('identical');
  }
  const names = readdirSync(lab.dir);
  expect(names.filter((name) => /before-restore|\.restoring-/.test(name))).toEqual([]);
});

it('refuses a definition that is not the one that was written', async () => {
  const definition = join(host.pointDirectory(second), 'domain.xml');
  const text = readFileSync(definition, 'utf8');
  writeFileSync(definition, text.replace("unit='KiB'>3", "unit='KiB'>4"));
  try {
    const ran = await host.run('restore', second.address, '--in-place', '--auto-approve');
    expect(ran.exit).toBe(1);
    expect(`${ran.out}${ran.err}`).toContain('domain.xml is not what was written');
  } finally {
    writeFileSync(definition, text);
  }
});

it('in place: the old images are kept aside, and the next backup is a right full', async () => {
  const old = await domain.copyOf('vda');
  await host.ok('restore', first.address, '--in-place', '--auto-approve');
  expect(await compareImages(truth(first, 'vda'), imageOf('vda'))).toBe('identical');
  expect(await compareImages(truth(first, 'vdb'), imageOf('vdb'))).toBe('identical');
  const aside = readdirSync(lab.dir).filter((name) => name.includes('before-restore'));
  expect(aside).toHaveLength(2);
  const kept = aside.find((name) => name.includes('vda')) ?? '';
  expect(await compareImages(old, join(lab.dir, kept))).toBe('identical');
  expect((await virsh('checkpoint-list', domain.uuid, '--name')).trim()).toBe('');

  const plan = await host.plan('--now', `domain/${domain.name}`);
  const [backup] = plan.actions.filter(({ kind }) => kind === 'backup');
  expect(backup).toMatchObject({ level: 'full' });
  expect(JSON.stringify(backup)).toContain('restored');
  await domain.start();
  await domain.write('vda', 32 * MiB, MiB, 0x14);
  expect(await host.takePoint(domain)).toMatchObject({ level: 'full', sequence: 0 });
  await domain.write('vda', 33 * MiB, MiB, 0x15);
  expect(await host.takePoint(domain)).toMatchObject({ level: 'increment', sequence: 1 });
  expect(await host.compareAll(domain)).toBe(8);
});

it('in place with --power-off and --disk: only that disk, and the definition stays', async () => {
  const other = await domain.copyOf('vdb');
  // No guest that would shut down: destroyed after the wait that a guest gets, so it is stopped here.
  await domain.stop();
  await host.ok('restore', second.address, '--in-place', '--disk', 'vda', '--auto-approve');
  expect(await compareImages(truth(second, 'vda'), imageOf('vda'))).toBe('identical');
  expect(await compareImages(other, imageOf('vdb'))).toBe('identical');
  const ran = await host.run('apply', '--auto-approve');
  expect(ran.exit, `${ran.out}${ran.err}`).toBe(0);
  expect(await host.takePoint(domain)).toMatchObject({ level: 'full' });
  expect(await host.planned()).toEqual([]);
});

it('without the domain: same name, same uuid, where its images were', async () => {
  await virsh('undefine', domain.uuid, '--checkpoints-metadata');
  const away = join(lab.dir, 'away');
  mkdirSync(away);
  for (const { path } of domain.disks) {
    renameSync(path, join(away, basename(path)));
  }
  await host.ok('restore', first.address, '--start', '--auto-approve');
  expect(await virsh('domuuid', domain.name)).toBe(domain.uuid);
  expect(await domain.state()).toMatch(/^running/);
  expect(existsSync(imageOf('vda'))).toBe(true);
  expect(await compareImages(truth(first, 'vda'), imageOf('vda'))).toBe('identical');
});
