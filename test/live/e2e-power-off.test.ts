import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { createLibvirt } from '../../src/hypervisor/libvirt/libvirt.ts';
import type { PointRow } from '../../src/model/report.ts';
import { builtProgram as main } from './build.ts';
import { eventually } from './eventually.ts';
import { GuestLine, guestLineDevice } from './guest-line.ts';
import { agentAnswers, type Guest, startGuest } from './guest.ts';
import { LiveHost } from './host.ts';
import { compareImages, sh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const { lab } = privateLab();
let host: LiveHost;
let guest: Guest;
let point: PointRow;
let truth = '';

beforeAll(async () => {
  guest = await startGuest(lab, undefined, guestLineDevice);
  host = new LiveHost(lab, 'power-off', { rule: { quiesce: 'required' } });
  host.writePolicy([guest.domain]);
  await guest.exec('echo before >/data/file; sync');
  await host.ok('apply', '--auto-approve');
  [point] = (await host.points()) as [PointRow];
  const to = join(host.dir, 'images');
  await host.ok('restore', point.address, '--images-only', '--to', to, '--auto-approve');
  truth = join(to, 'vda.qcow2');
  await guest.exec('echo after >/data/file; sync');
});

const image = (): string => guest.domain.disks[0]?.path ?? '';
const inPlace = (...args: readonly string[]): readonly string[] => [
  'restore',
  point.address,
  '--in-place',
  '--auto-approve',
  ...args,
];

/** What the guest does when it is asked to shut down: the agent calls this. */
async function onShutdown(script: string): Promise<void> {
  const file = Buffer.from(`#!/bin/sh\n${script}\n`).toString('base64');
  await guest.exec(
    `mkdir -p /sbin; echo ${file} | base64 -d >/sbin/shutdown; chmod 755 /sbin/shutdown`,
  );
}

/** A file of the file system in an image that nobody uses. */
async function fileIn(qcow2: string, name: string): Promise<string> {
  const raw = join(host.dir, 'look.raw');
  await sh('qemu-img', 'convert', '-O', 'raw', qcow2, raw);
  return sh('sh', '-c', '/sbin/debugfs -R "cat $2" "$1" 2>/dev/null', 'sh', raw, `/${name}`);
}

const aside = (): readonly string[] =>
  readdirSync(lab.dir).filter((name) => name.includes('before-restore'));

it('without the flag a running domain is refused, and runs on', async () => {
  const ran = await host.run(...inPlace());
  expect([ran.exit, ran.err]).toEqual([
    1,
    `holdfast: ${guest.domain.name} is running: shut it down, or let --power-off do it\n`,
  ]);
  expect(await guest.exec('cat /data/file')).toBe('after\n');
});

it('asks for a clean shutdown, restores, and starts', async () => {
  await onShutdown('echo clean >/data/went-down; sync; umount /data; poweroff -f');
  const out = await host.ok(...inPlace('--power-off'));
  expect(await guest.domain.state()).toBe('shut off (shutdown)');
  expect(await compareImages(truth, image())).toBe('identical');
  const [old, ...more] = aside();
  expect(more).toEqual([]);
  expect(out).toContain(`kept     ${join(lab.dir, old ?? '')}`);
  // What the guest wrote on its way down is in the image that was set aside, unmounted.
  expect(await fileIn(join(lab.dir, old ?? ''), 'went-down')).toBe('clean\n');
  expect(await fileIn(join(lab.dir, old ?? ''), 'file')).toBe('after\n');
  await sh('sh', '-c', '/sbin/e2fsck -fn "$1"', 'sh', join(host.dir, 'look.raw'));
  await guest.domain.start();
  await agentAnswers(guest.domain);
  expect(await guest.exec('cat /data/file; ls /data')).toMatch(/^before\n(?!.*went-down)/s);
});

it('a guest that does not shut down keeps its plug while its time runs, whatever ends the restore', async () => {
  // Not by the agent, which libvirt keeps busy with the shutdown.
  using line = await GuestLine.open(guest);
  await onShutdown('echo asked >>/tmp/asked');
  const child = host.child(main, '--json', ...inPlace('--power-off'));
  await eventually('the guest is asked', async () =>
    (await line.run('cat /tmp/asked')).startsWith('asked'),
  );
  child.kill('SIGINT');
  expect(await child.ended(), child.err).toBe(130);
  expect(child.out).toContain('was asked to shut down for the restore, and may be off.');
  expect(await guest.domain.state()).toMatch(/^running/);
  expect(await line.run('cat /data/file')).toBe('before');
  expect(aside()).toHaveLength(1);
  expect(readdirSync(lab.dir).filter((name) => name.includes('restoring'))).toEqual([]);
});

it('pulls its plug when the time is over', async () => {
  const driver = createLibvirt({ uri: lab.uri, runDir: join(host.dir, 'driver') });
  expect(await guest.domain.state()).toBe('running (booted)');
  const off = driver.powerOff(guest.domain.uuid, 5, new AbortController().signal);
  expect(await guest.domain.state()).toBe('running (booted)');
  expect(await off).toEqual({ ok: true, value: undefined });
  expect(await guest.domain.state()).toBe('shut off (destroyed)');
});
