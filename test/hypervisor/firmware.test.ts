import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copyFirmware } from '../../src/hypervisor/libvirt/firmware.ts';
import { VirshPool } from '../../src/hypervisor/libvirt/virsh-pool.ts';
import { domainUuid } from '../../src/model/identity.ts';
import { run } from '../../src/process/run.ts';
import { Rig } from '../rig/rig.ts';

const uuid = domainUuid('5b2f7c1e-3f0a-4d55-9a61-0c1de8a4b7f2');
let rig: Rig;
let path: string | undefined;

beforeEach(async () => {
  rig = await Rig.create();
  path = process.env['PATH'];
  process.env['PATH'] = rig.path;
});

afterEach(async () => {
  process.env['PATH'] = path;
  await rig[Symbol.asyncDispose]();
});

/** A virsh that knows one domain. */
const stand = (attributes: string, os = ''): Promise<void> =>
  rig.fake(
    'virsh',
    `dumpxml() { cat <<'XML'
<domain type='kvm'${attributes}><name>a</name><uuid>${uuid}</uuid><os>${os}</os><devices>
<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm></devices></domain>
XML
}
while IFS= read -r line; do eval "$line" 2>&1; done`,
  );

const copy = () =>
  copyFirmware(
    {
      uri: 'test:///',
      runDir: rig.dir,
      scratchReserveBytes: 0,
      stallSeconds: 10,
      now: Date.now,
      pool: new VirshPool('test:///', 10),
    },
    uuid,
    rig.dir,
    join(rig.dir, 'swtpm'),
  );

it('archives the state of a TPM, the same bytes each time, without its lock', async () => {
  await stand('');
  // A domain that never ran has no state yet.
  expect(await copy()).toEqual({ ok: true, value: [] });
  const state = join(rig.dir, 'swtpm', uuid, 'tpm2');
  await mkdir(state, { recursive: true });
  await writeFile(join(state, 'tpm2-00.permall'), 'state');
  await writeFile(join(state, '.lock'), '');
  expect(await copy()).toEqual({ ok: true, value: [{ file: 'tpm.tar', note: null }] });
  const tar = join(rig.dir, 'tpm.tar');
  const list = await run({ program: 'tar', args: ['--list', `--file=${tar}`], timeoutSeconds: 10 });
  expect(list.ok && list.value.stdout).toBe('./\n./tpm2/\n./tpm2/tpm2-00.permall\n');
  const first = await readFile(tar);
  expect(await copy()).toMatchObject({ ok: true });
  expect(await readFile(tar)).toEqual(first);
});

it('notes that a domain ran while its firmware was copied', async () => {
  const nvram = join(rig.dir, 'vars.fd');
  await writeFile(nvram, 'variables');
  await stand(` id='3'`, `<nvram>${nvram}</nvram>`);
  expect(await copy()).toEqual({ ok: true, value: [{ file: 'nvram.fd', note: 'live-copy' }] });
  expect(await readFile(join(rig.dir, 'nvram.fd'), 'utf8')).toBe('variables');
});

it('says which file is missing', async () => {
  const nvram = join(rig.dir, 'none.fd');
  await stand('', `<nvram>${nvram}</nvram>`);
  expect(await copy()).toEqual({
    ok: false,
    error: {
      code: 'firmware-unreadable',
      message: `${nvram} cannot be read: ENOENT: no such file or directory, open '${nvram}'`,
    },
  });
});
