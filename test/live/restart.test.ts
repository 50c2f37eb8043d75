import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PointRequest } from '../../src/hypervisor/hypervisor.ts';
import { createLibvirt } from '../../src/hypervisor/libvirt/libvirt.ts';
import { checkpointName, domainUuid, pointId } from '../../src/model/identity.ts';
import { beginInChild } from './child.ts';
import { sh } from './lab.ts';
import { opened } from './points.ts';

// A libvirtd of an ordinary user, with all its files in a directory of the
// test: it can be killed without disturbing anything else on this machine.
const user = { uid: 65_534, gid: 65_534 };
const uuid = domainUuid('3f0b6a52-93e4-4a7f-8a55-1d7f5a0c2e11');
const checkpoint = checkpointName('holdfast-0a0a0a0a-20261122T020000Z-0001');

let dir: string;
let uri: string;

const pid = async (): Promise<number> => Number(await readFile(join(dir, 'libvirtd.pid'), 'utf8'));
const virsh = (...args: readonly string[]): Promise<string> =>
  sh('virsh', '-q', '-c', uri, ...args);

const answers = (): Promise<boolean> =>
  virsh('version').then(
    () => true,
    () => false,
  );

async function startLibvirtd(): Promise<void> {
  const environment = ['HOME', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME'].map(
    (name) => `${name}=${dir}`,
  );
  await sh(
    'setpriv',
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--clear-groups',
    'env',
    ...environment,
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    'libvirtd',
    '--daemon',
    '--pid-file',
    join(dir, 'libvirtd.pid'),
  );
  await expect.poll(answers).toBe(true);
}

async function killLibvirtd(): Promise<void> {
  const killed = await pid();
  process.kill(killed, 'SIGKILL');
  await expect
    .poll(() =>
      readFile(`/proc/${killed}/stat`, 'utf8').then(
        (text) => text.includes(') Z '),
        () => true,
      ),
    )
    .toBe(true);
  await rm(join(dir, 'libvirtd.pid'), { force: true });
}

const request: PointRequest = {
  uuid,
  point: pointId('20261122T020000Z-0001'),
  checkpoint,
  disks: [],
  excluded: [],
  socket: '',
  scratchLimitBytes: null,
  quiesce: 'never',
  agentSeconds: 5,
  signal: new AbortController().signal,
};

const given = (): PointRequest => ({
  ...request,
  disks: [{ target: 'vda', base: null, tracked: true, scratch: join(dir, 'scratch', 'vda') }],
  socket: join(dir, 'socket', 'nbd.sock'),
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hf-lab-'));
  uri = `qemu+unix:///session?socket=${dir}/libvirt/libvirt-sock`;
  for (const name of ['', 'libvirt', 'scratch', 'socket']) {
    await mkdir(join(dir, name), { recursive: true });
    await chown(join(dir, name), user.uid, user.gid);
    await chmod(join(dir, name), 0o755);
  }
  // No virtlogd of that user, which would outlive the test.
  await writeFile(join(dir, 'libvirt', 'qemu.conf'), 'stdio_handler = "file"\n');
  await startLibvirtd();
  const image = join(dir, 'vda.qcow2');
  await sh('qemu-img', 'create', '-q', '-f', 'qcow2', image, '64M');
  await chown(image, user.uid, user.gid);
  const xml = join(dir, 'domain.xml');
  await writeFile(
    xml,
    `<domain type='qemu'><name>hf-restart</name><uuid>${uuid}</uuid><memory unit='MiB'>32</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices><disk type='file' device='disk'>
<driver name='qemu' type='qcow2'/><source file='${image}'/><target dev='vda' bus='virtio'/></disk></devices></domain>`,
  );
  await virsh('define', xml);
  await virsh('start', uuid);
});

afterEach(async () => {
  // A test that failed in between may have left no libvirtd to ask.
  if (!(await answers())) await startLibvirtd();
  await virsh('destroy', uuid).catch(() => '');
  process.kill(await pid(), 'SIGTERM');
  await expect.poll(() => readFile(join(dir, 'libvirtd.pid'), 'utf8').catch(() => null)).toBeNull();
  await rm(dir, { recursive: true, force: true });
});

it('a job over a restart of libvirtd is lost, never a success, and leaves nothing', async () => {
  const driver = createLibvirt({ uri, runDir: join(dir, 'run') });
  const point = opened(await driver.begin(given()));
  await killLibvirtd();
  await startLibvirtd();
  if (!point.lost.aborted) await once(point.lost, 'abort');
  expect(point.lost.reason).toMatchObject({ code: 'job-lost' });
  expect(await point.end()).toMatchObject({ ok: false, error: { code: 'job-lost' } });
  expect(await point.abandon()).toEqual({ ok: true, value: undefined });
  const after = await driver.look(uuid, []);
  expect(after).toMatchObject({
    seen: true,
    value: { job: null, checkpoints: { seen: true, value: [] } },
  });
});

it('the guard waits for libvirtd to come back, and then aborts the job', async () => {
  const driver = createLibvirt({ uri, runDir: join(dir, 'run') });
  const child = beginInChild({ dir, uri }, given());
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(String(said)).toBe('begun\n');
  await killLibvirtd();
  child.kill('SIGKILL');
  // Time for a guard that gives up to do so.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await startLibvirtd();
  const job = async () => {
    const found = await driver.look(uuid, []);
    return found.seen ? (found.value?.job ?? null) : 'unseen';
  };
  await expect.poll(job).toBeNull();
});
