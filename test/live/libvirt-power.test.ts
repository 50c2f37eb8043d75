import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkpointName } from '../../src/model/identity.ts';
import { Lab, sh, virsh } from './lab.ts';
import { checkpoint, diskOf, driverOf, look, track } from './look.ts';
import { checkpointsOf, opened, request } from './points.ts';

const ours = checkpointName(checkpoint);
const done = { ok: true, value: undefined };

it('I11: a domain that was off is backed up paused, and off again afterwards', async () => {
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain({ start: false });
  const started = await driver.startPaused(domain.uuid);
  if (!started.ok) throw new Error(started.error.message);
  const point = opened(await driver.begin(request(lab, domain, 1, { quiesce: 'required' })));
  expect(point.quiesce).toEqual({ done: false, code: 'off', frozenMilliseconds: null });
  expect(await point.end()).toEqual(done);
  const { runningId } = started.value;
  expect(await driver.stopStarted(domain.uuid, runningId + 1)).toEqual({
    ok: true,
    value: 'left-running',
  });
  expect(await driver.stopStarted(domain.uuid, runningId)).toEqual({ ok: true, value: 'stopped' });
  expect(await driver.stopStarted(domain.uuid, runningId)).toEqual({
    ok: true,
    value: 'already-off',
  });
  expect(diskOf(await look(lab, domain), 'vda').bitmaps).toMatchObject({
    value: [{ flags: ['auto'] }],
  });
});

it('I11: a domain that somebody resumed, or paused again, is left alone', async () => {
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain({ start: false });
  const started = await driver.startPaused(domain.uuid);
  if (!started.ok) throw new Error(started.error.message);
  await domain.resume();
  const { runningId } = started.value;
  expect(await driver.stopStarted(domain.uuid, runningId)).toEqual({
    ok: true,
    value: 'left-running',
  });
  await domain.pause();
  expect(await driver.stopStarted(domain.uuid, runningId)).toEqual({
    ok: true,
    value: 'left-running',
  });
  expect(await driver.stopStarted(domain.uuid, null)).toEqual({ ok: true, value: 'left-running' });
  await domain.stop();
  await domain.start('--paused');
  expect(await driver.stopStarted(domain.uuid, null)).toEqual({ ok: true, value: 'stopped' });
});

it('I11: a managed save is never consumed', async () => {
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain();
  await virsh('managedsave', domain.uuid);
  const refused = {
    ok: false,
    error: {
      code: 'managed-save',
      message:
        'The domain has a managed save, which starting it would consume; start it yourself, or remove it with virsh managedsave-remove.',
    },
  };
  expect(await driver.startPaused(domain.uuid)).toEqual(refused);
  expect(await driver.start(domain.uuid)).toEqual(refused);
  expect(await look(lab, domain)).toMatchObject({ managedSave: true, state: 'off' });
});

it('drops a checkpoint of a running domain, of one that is off, and one whose bitmap is lost', async () => {
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain({ disks: [{ target: 'vda' }, { target: 'vdb' }] });
  const images = domain.disks.map(({ path }) => path);
  const drop = () => driver.dropCheckpoint({ uuid: domain.uuid, name: ours, images });
  await track(domain);
  expect(await drop()).toEqual(done);
  expect(await checkpointsOf(domain)).toBe('');

  await track(domain);
  await domain.stop();
  expect(diskOf(await look(lab, domain), 'vdb').bitmaps).toMatchObject({ value: [{ name: ours }] });
  expect(await drop()).toEqual(done);
  const off = await look(lab, domain);
  expect(off.checkpoints).toEqual({ seen: true, value: [] });
  expect(diskOf(off, 'vda').bitmaps).toEqual({ seen: true, value: [] });
  expect(diskOf(off, 'vdb').bitmaps).toEqual({ seen: true, value: [] });
  // Nothing left to drop is a success as well.
  expect(await drop()).toEqual(done);

  await domain.start();
  await track(domain);
  await domain.kill9();
  await domain.start();
  expect(await drop()).toEqual(done);
  expect(await checkpointsOf(domain)).toBe('');
});

it('redefines a checkpoint after undefine and define, and the next increment works', async () => {
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain();
  const full = opened(await driver.begin(request(lab, domain, 1)));
  expect(await full.end()).toEqual(done);
  await domain.write('vda', 1024 ** 2, 65_536);
  await domain.stop();
  const definitions = await driver.definitions(domain.uuid);
  if (!definitions.ok) throw new Error(definitions.error.message);
  expect(definitions.value.live).toBeNull();
  expect(await driver.undefine(domain.uuid)).toEqual(done);
  expect(await driver.look(domain.uuid, [])).toEqual({ seen: true, value: null });
  expect(await driver.define(definitions.value.inactive)).toEqual({
    ok: true,
    value: { uuid: domain.uuid },
  });
  expect((await look(lab, domain)).checkpoints).toEqual({ seen: true, value: [] });
  expect(await driver.redefineCheckpoint(domain.uuid, full.checkpointXml ?? '')).toEqual(done);
  await domain.start();
  expect((await look(lab, domain)).checkpoints).toMatchObject({
    value: [{ disks: [{ dirtyBytes: 65_536 }] }],
  });
  const increment = opened(await driver.begin(request(lab, domain, 2, { base: 1 })));
  expect(await increment.end()).toEqual(done);
});

it('validates a redefined checkpoint with a running QEMU', async () => {
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain();
  await track(domain);
  const xml = await virsh('checkpoint-dumpxml', '--no-domain', domain.uuid, ours);
  await virsh('checkpoint-delete', domain.uuid, ours, '--metadata');
  expect(await driver.redefineCheckpoint(domain.uuid, xml)).toEqual(done);
  await virsh('checkpoint-delete', domain.uuid, ours);
  expect(await driver.redefineCheckpoint(domain.uuid, xml)).toMatchObject({
    ok: false,
    error: { code: 'tracker-lost' },
  });
});

it('gives both definitions with their secrets, which a look does not hold', async () => {
  await using lab = await Lab.create();
  const domain = await lab.defineDomain({ devices: `<graphics type='vnc' passwd='s3cret'/>` });
  const definitions = await driverOf(lab).definitions(domain.uuid);
  if (!definitions.ok) throw new Error(definitions.error.message);
  expect(definitions.value.inactive).toContain(`passwd='s3cret'`);
  expect(definitions.value.live).toContain(`passwd='s3cret'`);
  expect(JSON.stringify(await look(lab, domain))).not.toContain('s3cret');
});

it('copies UEFI variables as they are', async () => {
  await using lab = await Lab.create();
  const nvram = join(lab.dir, 'vars.fd');
  await sh('sh', '-c', 'head -c 131072 /dev/urandom >"$1"; chmod 666 "$1"', 'sh', nvram);
  const domain = await lab.defineDomain({
    start: false,
    os: `<loader readonly='yes' type='pflash'>/usr/share/seabios/bios.bin</loader><nvram>${nvram}</nvram>`,
  });
  expect((await look(lab, domain)).nvram).toBe(nvram);
  expect(await driverOf(lab).copyFirmware(domain.uuid, lab.dir)).toEqual({
    ok: true,
    value: [{ file: 'nvram.fd', note: null }],
  });
  expect(await readFile(join(lab.dir, 'nvram.fd'))).toEqual(await readFile(nvram));
  expect(await driverOf(lab).undefine(domain.uuid)).toEqual(done);
  expect((await readFile(nvram)).length).toBe(131_072);
});

it('pulls the plug only after the time is over', async () => {
  await using lab = await Lab.create();
  const { signal: going } = new AbortController();
  const domain = await lab.defineDomain();
  expect(await driverOf(lab).powerOff(domain.uuid, 1, going)).toEqual(done);
  expect(await domain.state()).toBe('shut off (destroyed)');
  expect(await driverOf(lab).powerOff(domain.uuid, 1, going)).toEqual(done);
});

it('pulls no plug after a signal, and waits no longer', async () => {
  await using lab = await Lab.create();
  const domain = await lab.defineDomain();
  const stop = new AbortController();
  // Longer than the test may take: only the signal ends it. No guest is there that would shut down.
  const off = driverOf(lab).powerOff(domain.uuid, 3600, stop.signal);
  setTimeout(() => stop.abort(), 1000);
  const stopped = { code: 'canceled', message: 'Stopped while the guest was shutting down' };
  expect(await off).toEqual({ ok: false, error: stopped });
  expect(await domain.state()).toBe('running (booted)');
});
