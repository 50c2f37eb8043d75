import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Lab, sh, virsh, type LabDomain } from './lab.ts';
import { checkpoint, diskOf, driverOf, look, track } from './look.ts';

const MiB = 1024 ** 2;

it('sees running, paused, off and transient domains in one look', async () => {
  await using lab = await Lab.create();
  const [running, paused, off, transient] = await Promise.all([
    lab.defineDomain({
      name: ` it's "odd" & <b> ünï $(x) %s;`,
      agent: true,
      disks: [{ target: 'vda', serial: 'S 1' }],
    }),
    lab.defineDomain({ name: '-paused' }),
    lab.defineDomain({ name: '-off', start: false }),
    lab.defineDomain({ name: '-transient', transient: true }),
  ]);
  await paused.pause();
  const seen = await driverOf(lab).observe([]);
  if (!seen.seen) throw new Error(seen.failure.message);
  expect(seen.value.unseenDomains).toEqual([]);
  expect(seen.value.version).toMatch(/^libvirt \d+\.\d+\.\d+, QEMU \d/);
  const of = (domain: LabDomain) => seen.value.domains.find(({ uuid }) => uuid === domain.uuid);
  expect(of(running)).toMatchObject({
    name: running.name,
    state: 'running',
    stateReason: 'booted',
    persistent: true,
    agent: 'disconnected',
    managedSave: false,
    job: null,
    blockJobs: [],
    internalSnapshots: [],
    checkpoints: { seen: true, value: [] },
    nvram: null,
    tpm: false,
  });
  expect(of(running)?.runningId).toBeGreaterThan(0);
  expect(of(paused)).toMatchObject({ state: 'paused', stateReason: 'user', agent: 'none' });
  expect(of(off)).toMatchObject({ state: 'off', stateReason: 'unknown', runningId: null });
  expect(of(transient)).toMatchObject({ state: 'running', persistent: false });
});

it("names each image of a chain by the file's own identity", async () => {
  await using lab = await Lab.create();
  const base = join(lab.dir, 'base.raw');
  const top = join(lab.dir, 'top.qcow2');
  await sh('qemu-img', 'create', '-q', '-f', 'raw', base, '16M');
  await sh('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', top, '32M');
  await sh('chmod', '666', base, top);
  const domain = await lab.defineDomain({
    start: false,
    disks: [
      { target: 'vda', path: top, serial: 'S1' },
      { target: 'vdb', format: 'raw', sizeBytes: 8 * MiB },
    ],
  });
  const found = await look(lab, domain);
  const [topStat, baseStat] = [
    await stat(top, { bigint: true }),
    await stat(base, { bigint: true }),
  ];
  const vda = diskOf(found, 'vda');
  expect(vda).toMatchObject({ kind: 'file', format: 'qcow2', device: 'disk', sizeBytes: 32 * MiB });
  expect(vda.bitmaps).toEqual({ seen: true, value: [] });
  expect(vda.images).toEqual({
    seen: true,
    value: [
      {
        identity: {
          kind: 'file',
          path: top,
          device: Number(topStat.dev),
          inode: Number(topStat.ino),
          stableId: null,
          format: 'qcow2',
          serial: 'S1',
        },
        stat: {
          path: top,
          device: Number(topStat.dev),
          inode: Number(topStat.ino),
          sizeBytes: Number(topStat.size),
          mtimeNs: String(topStat.mtimeNs),
          ctimeNs: String(topStat.ctimeNs),
        },
      },
      {
        identity: expect.objectContaining({
          path: base,
          inode: Number(baseStat.ino),
          format: 'raw',
          serial: null,
        }),
        stat: expect.objectContaining({ path: base, mtimeNs: String(baseStat.mtimeNs) }),
      },
    ],
  });
  expect(diskOf(found, 'vdb')).toMatchObject({ format: 'raw', sizeBytes: 8 * MiB, bitmaps: null });
});

it('says of a missing image that it is unseen, and sees the rest', async () => {
  await using lab = await Lab.create();
  const domain = await lab.defineDomain({
    start: false,
    disks: [{ target: 'vda' }, { target: 'vdb' }],
  });
  const path = domain.disks[0]?.path ?? '';
  await sh('rm', path);
  const found = await look(lab, domain);
  expect(diskOf(found, 'vda').images).toEqual({
    seen: false,
    failure: { code: 'image-missing', message: `${path} does not exist` },
  });
  expect(diskOf(found, 'vdb').images.seen).toBe(true);
});

it('counts the dirty bytes of a checkpoint, and finds its bitmap when the domain is off', async () => {
  await using lab = await Lab.create();
  const domain = await lab.defineDomain({
    disks: [{ target: 'vda' }, { target: 'vdb', format: 'raw' }],
  });
  await track(domain);
  await domain.write('vda', 1 * MiB, 65_536);
  await domain.write('vda', 4 * MiB, 3072);
  const running = await look(lab, domain);
  expect(running.checkpoints).toEqual({
    seen: true,
    value: [
      {
        name: checkpoint,
        parent: null,
        disks: [{ target: 'vda', bitmap: checkpoint, dirtyBytes: 131_072 }],
      },
    ],
  });
  expect(diskOf(running, 'vda').bitmaps).toBeNull();
  await domain.stop();
  const off = await look(lab, domain);
  expect(off.checkpoints).toEqual({
    seen: true,
    value: [
      {
        name: checkpoint,
        parent: null,
        disks: [{ target: 'vda', bitmap: checkpoint, dirtyBytes: null }],
      },
    ],
  });
  expect(diskOf(off, 'vda').bitmaps).toEqual({
    seen: true,
    value: [{ name: checkpoint, granularityBytes: 65_536, flags: ['auto'] }],
  });
});

it('sees that a kill -9 of QEMU lost the bitmap, off and after a start', async () => {
  await using lab = await Lab.create();
  const domain = await lab.defineDomain();
  await track(domain);
  await domain.stop();
  await domain.start();
  await domain.kill9();
  const off = await look(lab, domain);
  expect(off).toMatchObject({ state: 'off', stateReason: 'crashed' });
  expect(diskOf(off, 'vda').bitmaps).toEqual({
    seen: true,
    value: [{ name: checkpoint, granularityBytes: 65_536, flags: ['in-use', 'auto'] }],
  });
  await domain.start();
  const running = await look(lab, domain);
  expect(running.checkpoints).toMatchObject({
    seen: true,
    value: [{ disks: [{ target: 'vda', dirtyBytes: null }] }],
  });
});

it('tells snapshots apart, and names the active image after an external one', async () => {
  await using lab = await Lab.create();
  const domain = await lab.defineDomain();
  await virsh('snapshot-create-as', domain.uuid, 'internal one');
  const top = join(lab.dir, 'top.qcow2');
  await virsh(
    'snapshot-create-as',
    domain.uuid,
    'external',
    '--disk-only',
    '--diskspec',
    `vda,file=${top}`,
  );
  const found = await look(lab, domain);
  expect(found.internalSnapshots).toEqual(['internal one']);
  const { images } = diskOf(found, 'vda');
  expect(images.seen && images.value.map(({ identity }) => identity.path)).toEqual([
    top,
    domain.disks[0]?.path,
  ]);
});

it('sees block jobs, foreign jobs and managed saves', async () => {
  await using lab = await Lab.create();
  const [copied, saved] = await Promise.all([
    lab.defineDomain({ disks: [{ target: 'vda' }, { target: 'vdb' }] }),
    lab.defineDomain(),
  ]);
  const copy = join(lab.dir, 'copy.qcow2');
  await virsh(
    'blockcopy',
    copied.uuid,
    'vdb',
    '--dest',
    copy,
    '--format',
    'qcow2',
    '--transient-job',
  );
  expect(await look(lab, copied)).toMatchObject({ blockJobs: ['vdb'], job: null });
  await virsh('blockjob', copied.uuid, 'vdb', '--abort');
  expect(await look(lab, copied)).toMatchObject({ blockJobs: [] });

  const sockets = join(lab.dir, 'sockets');
  const job = join(lab.dir, 'job.xml');
  await mkdir(sockets);
  await chmod(sockets, 0o777);
  await writeFile(
    job,
    `<domainbackup mode='pull'><server transport='unix' socket='${sockets}/nbd'/></domainbackup>`,
  );
  await virsh('backup-begin', copied.uuid, job);
  expect(await look(lab, copied)).toMatchObject({
    blockJobs: [],
    job: { operation: 'backup', run: null },
  });

  await virsh('managedsave', saved.uuid);
  expect(await look(lab, saved)).toMatchObject({
    state: 'off',
    stateReason: 'saved',
    managedSave: true,
  });
});

it('sees checkpoints of others whatever their names', async () => {
  await using lab = await Lab.create();
  const domain = await lab.defineDomain();
  const names = ['-x', '--size', 'Theirs_1.0'];
  for (const name of names)
    await virsh('checkpoint-create-as', domain.uuid, `--name=${name}`, '--diskspec', 'vda');
  const found = await look(lab, domain);
  expect(
    found.checkpoints.seen && found.checkpoints.value.map(({ name }) => name).toSorted(),
  ).toEqual(names.toSorted());
});

it('gives the same digest of a definition whether it runs or not, and another after a change', async () => {
  await using lab = await Lab.create();
  const domain = await lab.defineDomain();
  const before = (await look(lab, domain)).definitionDigest;
  await domain.stop();
  expect((await look(lab, domain)).definitionDigest).toBe(before);
  await virsh('setmaxmem', domain.uuid, '65536', '--config');
  expect((await look(lab, domain)).definitionDigest).not.toBe(before);
});
