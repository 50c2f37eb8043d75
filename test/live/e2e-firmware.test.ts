import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PointRow } from '../../src/model/report.ts';
import { builtProgram as main } from './build.ts';
import { LiveHost } from './host.ts';
import { compareImages, Lab, type LabDomain, sh, virsh } from './lab.ts';

let lab: Lab;
let host: LiveHost;
let domain: LabDomain;
let point: PointRow;
/** What was there when the point was taken. */
let variables = '';
let state = '';

const swtpm = '/var/lib/libvirt/swtpm';
const stateFile = (uuid: string): string => join(swtpm, uuid, 'tpm2/tpm2-00.permall');
const digest = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');
const nvramOf = async (name: string): Promise<string> => {
  const [, path = ''] = /<nvram[^>]*>([^<]+)</.exec(await virsh('dumpxml', name)) ?? [];
  return path;
};

/** Names below a TPM's directory with owners and modes; not the lock of the process that runs. */
const owners = async (uuid: string): Promise<string> =>
  sh('find', join(swtpm, uuid), '-not', '-name', '.lock', '-printf', '%P %U:%G %m\n');

/** The same by name. */
const named = async (uuid: string): Promise<string> =>
  sh('find', join(swtpm, uuid), '-printf', '%P %u:%g\n');

/** As a guest does that changes its firmware settings. */
function scribble(path: string, text: string): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, text, statSync(path).size - 4096);
  } finally {
    closeSync(file);
  }
}

beforeAll(async () => {
  lab = await Lab.create();
  domain = await lab.defineDomain({
    name: '-uefi',
    disks: [{ target: 'vda', sizeBytes: 8 * 1024 ** 2 }],
    memoryMiB: 64,
    os:
      `<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>` +
      `<nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'/>`,
    devices: `<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>`,
  });
  // The firmware writes its variables during the first seconds; it is stopped in them.
  await domain.stop();
  scribble(await nvramOf(domain.name), 'as it was');
  host = new LiveHost(lab, 'firmware', { drill: { memory: '64MiB' } });
  host.writePolicy([domain]);
  variables = digest(await nvramOf(domain.name));
  state = digest(stateFile(domain.uuid));
  await domain.start('--paused');
  point = await host.takePoint(domain);
  await domain.stop();
});
afterAll(async () => lab[Symbol.asyncDispose]());

it('the point holds both, as they were', () => {
  const directory = host.pointDirectory(point);
  const { files } = JSON.parse(readFileSync(join(directory, 'point.json'), 'utf8')) as {
    files: readonly { file: string; sha256: string }[];
  };
  const saved = Object.fromEntries(files.map(({ file, sha256 }) => [file, sha256]));
  expect(saved['nvram.fd']).toBe(variables);
  expect(digest(join(directory, 'nvram.fd'))).toBe(variables);
  expect(saved['tpm.tar']).toBe(digest(join(directory, 'tpm.tar')));
});

it('--as brings both to places of their own, with the right owner, and it starts', async () => {
  const name = `${domain.name}-new`;
  const to = join(lab.dir, 'new');
  const before = [digest(await nvramOf(domain.name)), digest(stateFile(domain.uuid))];
  try {
    await host.ok('restore', point.address, '--as', name, '--to', to, '--auto-approve');
    const uuid = await virsh('domuuid', name);
    expect(uuid).not.toBe(domain.uuid);
    expect(await nvramOf(name)).toBe(join(to, `${name}_VARS.fd`));
    expect(digest(await nvramOf(name))).toBe(variables);
    expect(digest(stateFile(uuid))).toBe(state);
    expect(await owners(uuid)).toBe(await owners(domain.uuid));
    expect(await owners(uuid)).toMatch(/^tpm2\/tpm2-00\.permall \d+:\d+ 600$/m);
    await virsh('start', name, '--paused');
    // swtpm has read it: with no state, libvirt would have made another endorsement key.
    expect(digest(stateFile(uuid))).toBe(state);
    expect(await virsh('domstate', name)).toBe('paused');
    expect([digest(await nvramOf(domain.name)), digest(stateFile(domain.uuid))]).toEqual(before);
  } finally {
    await lab.forget(name);
  }
});

it('in place: what changed since is kept aside, and what was is back; it starts', async () => {
  const nvram = await nvramOf(domain.name);
  scribble(nvram, 'changed since');
  scribble(stateFile(domain.uuid), 'damaged');
  const changed = [digest(nvram), digest(stateFile(domain.uuid))];
  expect(changed).not.toContain(variables);
  const list = await owners(domain.uuid);
  const out = await host.ok('restore', point.address, '--in-place', '--auto-approve');
  expect([digest(nvram), digest(stateFile(domain.uuid))]).toEqual([variables, state]);
  expect(await owners(domain.uuid)).toBe(list);
  const kept = [...out.matchAll(/^\s+kept +(\S+)$/gm)].map(([, path = '']) => path);
  expect(kept.map((path) => path.replace(/\.before-restore-.*/, ''))).toEqual([
    domain.disks[0]?.path,
    nvram,
    join(swtpm, domain.uuid),
  ]);
  try {
    expect(digest(kept[1] ?? '')).toBe(changed[0]);
    expect(digest(join(kept[2] ?? '', 'tpm2/tpm2-00.permall'))).toBe(changed[1]);
    await domain.start('--paused');
    expect(await domain.state()).toMatch(/^paused/);
    expect(digest(stateFile(domain.uuid))).toBe(state);
    await domain.stop();
  } finally {
    await sh('rm', '-r', '--', ...kept);
  }
});

it('a drill boots on copies of both, which are gone with it', async () => {
  const before = [digest(await nvramOf(domain.name)), digest(stateFile(domain.uuid))];
  const words = ['--wait', 'none', '--timeout', '1s', '--keep'];
  const child = host.child(main, '--json', 'drill', point.address, ...words);
  const machine = await child.reaches('kept');
  const uuid = await virsh('domuuid', machine);
  expect(uuid).not.toBe(domain.uuid);
  const nvram = await nvramOf(machine);
  expect(nvram.startsWith(join(host.dir, 'scratch'))).toBe(true);
  expect([existsSync(nvram), existsSync(stateFile(uuid))]).toEqual([true, true]);
  child.kill('SIGINT');
  expect(await child.ended(), child.err).toBe(130);
  expect([existsSync(nvram), existsSync(join(swtpm, uuid))]).toEqual([false, false]);
  expect(host.jobFiles()).toEqual([]);
  expect(await virsh('list', '--all', '--name')).not.toContain(`${domain.name}-drill-`);
  expect([digest(await nvramOf(domain.name)), digest(stateFile(domain.uuid))]).toEqual(before);
});

const sum = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

/** Exchanges a file of the point, with its manifest, while a test runs. */
async function withFile(file: string, fresh: Buffer, test: () => Promise<void>): Promise<void> {
  const path = join(host.pointDirectory(point), file);
  const manifest = join(host.pointDirectory(point), 'point.json');
  const old = [readFileSync(path), readFileSync(manifest, 'utf8')] as const;
  const changed = old[1]
    .replace(sum(old[0]), sum(fresh))
    .replace(`"bytes": ${old[0].length},`, `"bytes": ${fresh.length},`);
  expect(changed).not.toBe(old[1]);
  writeFileSync(path, fresh);
  writeFileSync(manifest, changed);
  try {
    await test();
  } finally {
    writeFileSync(path, old[0]);
    writeFileSync(manifest, old[1]);
  }
}

it('a definition that libvirt refuses puts both back', async () => {
  const nvram = await nvramOf(domain.name);
  scribble(nvram, 'of today');
  const today = [digest(nvram), await owners(domain.uuid)];
  const text = readFileSync(join(host.pointDirectory(point), 'domain.xml'), 'utf8');
  const newer = Buffer.from(text.replace(/machine='[^']+'/, "machine='pc-q35-99'"));
  await withFile('domain.xml', newer, async () => {
    const ran = await host.run('restore', point.address, '--in-place', '--auto-approve');
    expect(ran.exit).toBe(1);
    expect(`${ran.out}${ran.err}`).toContain('pc-q35-99');
  });
  expect([digest(nvram), await owners(domain.uuid)]).toEqual(today);
  const left = [swtpm, join(nvram, '..'), lab.dir].flatMap((place) =>
    readdirSync(place).filter((name) => /before-restore|restoring/.test(name)),
  );
  expect(left).toEqual([]);
});

it('a TPM of another host gets the owner that it has here, whatever its number was there', async () => {
  const name = `${domain.name}-moved`;
  const [, user, group] = /^tpm2 (\w+):(\w+)/m.exec(await named(domain.uuid)) ?? [];
  const other = join(host.dir, 'tpm.tar');
  await sh(
    'tar',
    '-cf',
    other,
    `--owner=${user}:61234`,
    `--group=${group}:61234`,
    '-C',
    join(swtpm, domain.uuid),
    '--exclude=.lock',
    '.',
  );
  expect(await sh('tar', '--numeric-owner', '-tvf', other)).toContain('61234/61234');
  await withFile('tpm.tar', readFileSync(other), async () => {
    const to = join(lab.dir, 'moved');
    try {
      await host.ok('restore', point.address, '--as', name, '--to', to, '--auto-approve');
      const uuid = await virsh('domuuid', name);
      const files = async (of: string): Promise<readonly string[]> =>
        (await owners(of)).split('\n').filter((line) => line.startsWith('tpm2'));
      expect(await files(uuid)).toEqual(await files(domain.uuid));
      expect(await files(uuid)).toHaveLength(2);
      await virsh('start', name, '--paused');
      expect(digest(stateFile(uuid))).toBe(state);
    } finally {
      await lab.forget(name);
    }
  });
});

it('the machine is gone: both are where they were, it starts, and the next point has them', async () => {
  const nvram = await nvramOf(domain.name);
  await virsh('undefine', domain.uuid, '--checkpoints-metadata', '--nvram');
  await sh('rm', domain.disks[0]?.path ?? '');
  expect([existsSync(nvram), existsSync(stateFile(domain.uuid))]).toEqual([false, false]);
  await host.ok('restore', point.address, '--auto-approve');
  expect(await nvramOf(domain.name)).toBe(nvram);
  expect([digest(nvram), digest(stateFile(domain.uuid))]).toEqual([variables, state]);
  const path = domain.disks[0]?.path ?? '';
  const images = join(host.dir, 'images');
  await host.ok('restore', point.address, '--images-only', '--to', images, '--auto-approve');
  expect(readdirSync(images)).toEqual(['vda.qcow2']);
  expect(await compareImages(join(images, 'vda.qcow2'), path)).toBe('identical');
  await domain.start('--paused');
  expect(await domain.state()).toMatch(/^paused/);
  const next = host.pointDirectory(await host.takePoint(domain));
  expect(digest(join(next, 'nvram.fd'))).toBe(variables);
});
