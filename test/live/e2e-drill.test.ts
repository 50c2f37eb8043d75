import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { DrillMemory } from '../../src/model/drill.ts';
import type { PointRow } from '../../src/model/report.ts';
import { builtProgram as main } from './build.ts';
import { type Guest, startGuest } from './guest.ts';
import { LiveHost } from './host.ts';
import { connection, sh, virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const mac = '52:54:00:0d:0d:0d';

// What the guest needs beside the tiny one: a screen that a picture can be taken of. Without a port: two
// libvirtds may choose the same one.
const screen = `<graphics type='vnc'><listen type='socket'/></graphics><video><model type='vga'/></video>
<interface type='user'><mac address='${mac}'/><model type='virtio'/></interface>`;

const { lab, libvirt } = privateLab({ network: 'own' });
let host: LiveHost;
let guest: Guest;
let point: PointRow;

beforeAll(async () => {
  guest = await startGuest(lab, undefined, screen);
  const seen = join(lab.dir, 'asked.json');
  const answers = join(lab.dir, 'answers');
  writeFileSync(answers, `#!/bin/sh\ncat >${seen}\n`, { mode: 0o755 });
  host = new LiveHost(lab, 'drill', {
    drill: { memory: '192MiB', scripts: { answers: [answers] } },
    rule: { drill: { every: '30d', wait: 'agent', timeout: '4m', script: 'answers' } },
  });
  host.writePolicy([guest.domain]);
});

/** What the store says of the domain's drills. */
const drills = (): DrillMemory => {
  const file = join(host.store, 'domains', guest.domain.name, 'drilled.json');
  return JSON.parse(readFileSync(file, 'utf8')) as DrillMemory;
};

it('boots the point that the same plan takes, asks agent and script, and leaves nothing', async () => {
  await guest.exec('echo precious >/data/file; sync');
  const before = await virsh('dumpxml', '--inactive', guest.domain.uuid);
  const said = await host.ok('apply', '--auto-approve', '--now', `domain/${guest.domain.name}`);
  expect(said).toContain('usable after');
  [point] = (await host.points()) as [PointRow];
  const { last, passed } = drills();
  expect(last).toMatchObject({
    result: 'passed',
    failure: null,
    point: point.point,
    wait: 'agent',
  });
  expect(passed).toEqual(last);
  expect(last.usableSeconds).toBeGreaterThan(0);
  const asked = JSON.parse(readFileSync(join(lab.dir, 'asked.json'), 'utf8')) as {
    readonly machine: { readonly name: string; readonly uuid: string };
  };
  expect(asked).toMatchObject({
    kind: 'drill',
    point: point.address,
    network: null,
    addresses: [],
  });
  expect(asked.machine.name).toMatch(new RegExp(`^${guest.domain.name}-drill-`));
  expect(asked.machine.uuid).not.toBe(guest.domain.uuid);
  // A real picture: a PNG that another program can read.
  const picture = join(host.store, last.screenshot ?? '');
  expect(readFileSync(picture).subarray(1, 4).toString()).toBe('PNG');
  expect(await virsh('list', '--all', '--name')).not.toContain('-drill-');
  expect(host.jobFiles()).toEqual([]);
  expect(await virsh('dumpxml', '--inactive', guest.domain.uuid)).toBe(before);
  expect(await host.planned()).toEqual([]);
  // The machine wrote to its overlays alone: each file of the point has the hash of its manifest.
  await host.ok('verify', point.address);
});

const isolated = `<network><name>drill</name><bridge name='hf-drill' stp='off' delay='0'/>
<ip address='10.78.0.1' netmask='255.255.255.0'><dhcp><range start='10.78.0.2' end='10.78.0.254'/></dhcp></ip></network>`;

/** A host file like this host's, with a network for drills. */
function withNetwork(): string {
  const file = join(host.dir, 'host-with-network.yaml');
  const own = JSON.parse(readFileSync(host.hostFile, 'utf8')) as { readonly drill: object };
  writeFileSync(file, JSON.stringify({ ...own, drill: { ...own.drill, network: 'drill' } }));
  return file;
}

it('asks a port in an isolated network, and keeps the machine until Ctrl-C', async () => {
  const network = join(lab.dir, 'network.xml');
  writeFileSync(network, isolated);
  await virsh('net-create', network);
  const words = ['--wait', 'port', '--port', '7', '--timeout', '4m', '--keep'];
  // Where the network is, as Holdfast always is.
  const child = host.childUnder(
    libvirt.inside,
    main,
    '--host-config',
    withNetwork(),
    '--json',
    'drill',
    point.address,
    ...words,
  );
  const machine = await child.reaches('kept');
  const cards = await virsh('domiflist', machine);
  expect(cards).toMatch(/^ *\S+ +network +drill +virtio +52:54:00:\S+$/);
  expect(cards).not.toContain(mac);
  const [, address = ''] =
    /ipv4 +(10\.78\.0\.\d+)\/24/.exec(await virsh('domifaddr', machine)) ?? [];
  // The machine that answers is the one that was booted, and the original goes on.
  const ask = ['sh', '-c', `echo it is you | busybox nc ${address} 7`];
  const [nsenter = '', ...inside] = libvirt.inside;
  expect(await sh(nsenter, ...inside, ...ask)).toBe('it is you\n');
  expect(await guest.exec('cat /data/file')).toBe('precious\n');
  child.kill('SIGINT');
  expect(await child.ended(), child.err).toBe(130);
  const { last } = drills();
  expect(last).toMatchObject({ result: 'passed', wait: 'port', point: point.point });
  expect(last.usableSeconds).toBeGreaterThan(0);
  expect(await virsh('list', '--all', '--name')).not.toContain('-drill-');
  expect(host.jobFiles()).toEqual([]);
  const logs = readdirSync(`${connection.root}/var/log/libvirt/qemu`);
  expect(logs.filter((name) => name.startsWith(machine))).toEqual([]);
  expect(await host.planned()).toEqual([]);
  await host.ok('verify', point.address);
});
