import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Lab, compareImages, sh, virsh } from './lab.ts';
import { driverOf, look, track } from './look.ts';
import { checkpointsOf, expectNothingLeft, nameOf, opened, request, uriOf } from './points.ts';
import { PrivateLibvirt } from './private-libvirt.ts';

const MiB = 1024 ** 2;
it('reads a full and an increment of the instant of begin, with a raw disk in the same job', async () => {
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain({
    disks: [{ target: 'vda' }, { target: 'vdb', format: 'raw' }, { target: 'vdc' }],
    devices: `<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>`,
  });
  await domain.write('vda', 3 * MiB, 2 * MiB, 0x21);
  await domain.write('vdb', 1 * MiB, MiB, 0x22);
  const given = request(lab, domain, 1);
  const full = opened(
    await driver.begin({
      ...given,
      disks: given.disks.filter(({ target }) => target !== 'vdc'),
      excluded: ['vdc', 'sda'],
    }),
  );
  const before = { vda: await domain.copyOf('vda'), vdb: await domain.copyOf('vdb') };
  await domain.write('vda', 3 * MiB, 2 * MiB, 0x31);
  await domain.write('vdb', 1 * MiB, MiB, 0x32);
  expect(full.quiesce).toEqual({ done: false, code: 'not-asked', frozenMilliseconds: null });
  expect(full.disks.map(({ target, dirtyContext }) => ({ target, dirtyContext }))).toEqual([
    { target: 'vda', dirtyContext: null },
    { target: 'vdb', dirtyContext: null },
  ]);
  expect(full.checkpointXml).toMatch(
    /<disk name='vda' checkpoint='bitmap'.*<disk name='vdb' checkpoint='no'.*<disk name='vdc' checkpoint='no'/s,
  );
  expect(full.checkpointXml).not.toMatch(/<domain>|<domain /);
  for (const target of ['vda', 'vdb'] as const) {
    const read = join(lab.dir, `read-${target}.raw`);
    await sh('nbdcopy', uriOf(full, target), read);
    expect(await compareImages(read, before[target])).toBe('identical');
  }
  expect(full.lost.aborted).toBe(false);
  expect(await full.end()).toEqual({ ok: true, value: undefined });
  await expectNothingLeft(lab, domain);
  expect(await checkpointsOf(domain)).toBe(nameOf(1));

  await domain.zero('vda', 8 * MiB, 65_536);
  const given2 = request(lab, domain, 2, { base: 1 });
  const increment = opened(
    await driver.begin({ ...given2, disks: given2.disks.slice(0, 2), excluded: ['vdc'] }),
  );
  expect(increment.disks.map(({ dirtyContext }) => dirtyContext)).toEqual([
    'qemu:dirty-bitmap:backup-vda',
    null,
  ]);
  const map = await sh('nbdinfo', '--map=qemu:dirty-bitmap:backup-vda', uriOf(increment, 'vda'));
  expect(
    map
      .split('\n')
      .filter((line) => line.includes('dirty'))
      .map((line) => line.trim().split(/\s+/).slice(0, 3)),
  ).toEqual([
    [String(3 * MiB), String(2 * MiB), '1'],
    [String(8 * MiB), '65536', '1'],
  ]);
  expect(await increment.end()).toEqual({ ok: true, value: undefined });
  await expectNothingLeft(lab, domain);
});

it('does not call a point lost that it is just ending', async () => {
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain();
  // The job is looked at every second: these ends are under way at that instant.
  for (const [at, milliseconds] of [940, 960, 980, 995].entries()) {
    const point = opened(await driver.begin(request(lab, domain, at + 1)));
    await setTimeout(milliseconds);
    expect(await point.end()).toEqual({ ok: true, value: undefined });
  }
  await expectNothingLeft(lab, domain);
});

it('leaves no checkpoint and no job after abandon, and the base stays good', async () => {
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain();
  const full = opened(await driver.begin(request(lab, domain, 1)));
  expect(await full.end()).toEqual({ ok: true, value: undefined });
  await domain.write('vda', MiB, 65_536);
  const increment = opened(await driver.begin(request(lab, domain, 2, { base: 1 })));
  expect(await increment.abandon()).toEqual({ ok: true, value: undefined });
  expect(await checkpointsOf(domain)).toBe(nameOf(1));
  await expectNothingLeft(lab, domain);
  expect((await look(lab, domain)).checkpoints).toMatchObject({
    value: [{ disks: [{ dirtyBytes: 65_536 }] }],
  });
});

it('waits for a job or a block job of somebody else', async () => {
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain();
  const point = opened(await driver.begin(request(lab, domain, 1)));
  expect(await driver.begin(request(lab, domain, 2))).toEqual({
    ok: false,
    error: {
      code: 'busy',
      message: 'Another job (backup) runs on the domain; the point is taken when it has ended.',
    },
  });
  expect(await driver.abortJob(domain.uuid, '/another.sock')).toEqual({
    ok: true,
    value: 'foreign',
  });
  expect(await point.abandon()).toEqual({ ok: true, value: undefined });
  expect(await driver.abortJob(domain.uuid, '/another.sock')).toEqual({ ok: true, value: 'gone' });
  const copy = join(lab.dir, 'copy.qcow2');
  await virsh(
    'blockcopy',
    domain.uuid,
    'vda',
    '--dest',
    copy,
    '--format',
    'qcow2',
    '--transient-job',
  );
  expect(await driver.begin(request(lab, domain, 3))).toEqual({
    ok: false,
    error: {
      code: 'busy',
      message: 'A block job works on vda; the point is taken when it has ended.',
    },
  });
  expect(await checkpointsOf(domain)).toBe('');
});

it('says that the tracker is lost, and that scratch cannot be reached', async () => {
  // Of its own: libvirtd 9.0 died once while it gave up a backup whose socket QEMU could not make.
  await using _ = await new PrivateLibvirt().start();
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain();
  await track(domain, nameOf(1));
  await domain.kill9();
  await domain.start();
  expect(await driver.begin(request(lab, domain, 2, { base: 1 }))).toEqual({
    ok: false,
    error: {
      code: 'tracker-lost',
      message: `checkpoint inconsistent: missing or broken bitmap '${nameOf(1)}' for disk 'vda'`,
    },
  });
  const closed = join(lab.dir, 'closed');
  await sh('mkdir', '-m', '700', closed);
  const socket = join(closed, 'point', 'nbd.sock');
  expect(await driver.begin({ ...request(lab, domain, 3), socket })).toMatchObject({
    ok: false,
    error: {
      code: 'scratch-unreachable',
      message: expect.stringContaining('it runs as another user'),
    },
  });
  expect(await checkpointsOf(domain)).toBe(nameOf(1));
  expect((await look(lab, domain)).job).toBeNull();
});

it('is lost when the job is aborted or the domain dies, and can still be abandoned', async () => {
  await using lab = await Lab.create();
  const driver = driverOf(lab);
  const domain = await lab.defineDomain();
  const aborted = opened(await driver.begin(request(lab, domain, 1)));
  await virsh('domjobabort', domain.uuid);
  // libvirt answers when it has told QEMU, which takes a moment to end the job (seen).
  await expect.poll(async () => (await look(lab, domain)).job).toBeNull();
  expect(await aborted.end()).toMatchObject({ ok: false, error: { code: 'job-lost' } });
  expect(await aborted.abandon()).toEqual({ ok: true, value: undefined });
  const killed = opened(await driver.begin(request(lab, domain, 2)));
  await domain.kill9();
  if (!killed.lost.aborted) await once(killed.lost, 'abort');
  expect(killed.lost.reason).toEqual({
    code: 'job-lost',
    message:
      'The backup job ended before everything was read: the domain stopped, or somebody aborted it.',
  });
  expect(await killed.abandon()).toEqual({ ok: true, value: undefined });
  expect(await checkpointsOf(domain)).toBe('');
});

it('I14: aborts while the scratch has room, and no write of the guest fails', async () => {
  await using lab = await Lab.create();
  const scratch = join(lab.dir, 'scratch');
  await sh('mkdir', '-m', '711', scratch);
  await sh('mount', '-t', 'tmpfs', '-o', 'size=48m,mode=711', 'tmpfs', scratch);
  try {
    // QEMU must see the mount: it has its own mount namespace from its start on.
    const domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 256 * MiB }] });
    await domain.write('vda', 0, 128 * MiB, 0x11);
    const driver = driverOf(lab, { scratchReserveBytes: 16 * MiB });
    const point = opened(await driver.begin(request(lab, domain, 1)));
    for (let at = 0; at < 128; at += 4) await domain.write('vda', at * MiB, 4 * MiB, 0x22);
    if (!point.lost.aborted) await once(point.lost, 'abort');
    expect(point.lost.reason).toMatchObject({ code: 'scratch-full' });
    expect(await point.end()).toMatchObject({ ok: false, error: { code: 'scratch-full' } });
    expect(await point.abandon()).toEqual({ ok: true, value: undefined });
    expect(await checkpointsOf(domain)).toBe('');
    const limited = opened(
      await driverOf(lab, { scratchReserveBytes: 1 }).begin(
        request(lab, domain, 2, { scratchLimitBytes: MiB }),
      ),
    );
    await domain.write('vda', 0, 4 * MiB, 0x33);
    if (!limited.lost.aborted) await once(limited.lost, 'abort');
    expect(limited.lost.reason).toEqual({
      code: 'scratch-full',
      message: `The scratch files below ${scratch} reached their limit of 1048576 bytes; raise scratch.limit, or back up when the guest writes less.`,
    });
    expect(await limited.abandon()).toEqual({ ok: true, value: undefined });
    expect(
      await driverOf(lab, { scratchReserveBytes: 1024 * MiB }).begin(request(lab, domain, 3)),
    ).toMatchObject({
      ok: false,
      error: { code: 'scratch-full', message: expect.stringContaining('are needed to begin') },
    });
  } finally {
    await sh('umount', '-l', scratch);
  }
});

it('I14: the job is aborted in time while this process waits for something else', async () => {
  await using lab = await Lab.create();
  const scratch = join(lab.dir, 'scratch');
  await sh('mkdir', '-m', '711', scratch);
  await sh('mount', '-t', 'tmpfs', '-o', 'size=48m,mode=711', 'tmpfs', scratch);
  try {
    const domain = await lab.defineDomain({ disks: [{ target: 'vda', sizeBytes: 256 * MiB }] });
    await domain.write('vda', 0, 128 * MiB, 0x11);
    const driver = driverOf(lab, { scratchReserveBytes: 16 * MiB });
    const point = opened(await driver.begin(request(lab, domain, 1)));
    // A store that hangs in fsync holds the main thread just like this.
    const written = spawnSync('sh', ['-c', writeAll, 'guest', domain.uuid], { encoding: 'utf8' });
    expect(written.stdout.trim().split('\n')).toHaveLength(32);
    expect(written.stdout + written.stderr).not.toMatch(/failed|error/i);
    expect(await virsh('backup-dumpxml', domain.uuid).catch(String)).toContain(
      'no domain backup job present',
    );
    if (!point.lost.aborted) await once(point.lost, 'abort');
    expect(point.lost.reason).toMatchObject({ code: 'scratch-full' });
    expect(await point.abandon()).toEqual({ ok: true, value: undefined });
    expect(await checkpointsOf(domain)).toBe('');
  } finally {
    await sh('umount', '-l', scratch);
  }
});

// What a guest would do: 32 writes of 4 MiB, each answered with what qemu-io says of it.
const writeAll = String.raw`
for at in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31; do
  virsh -q qemu-monitor-command "$1" --hmp \
    "qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend \"write -q -P 34 $((at * 4))M 4M\"" | tr -d '\r\n'
  echo .
done`;
