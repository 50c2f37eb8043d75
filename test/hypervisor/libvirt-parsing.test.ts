import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBeginOutput } from '../../src/hypervisor/libvirt/begin-output.ts';
import { readCheckpointXml } from '../../src/hypervisor/libvirt/checkpoint-xml.ts';
import { capacitiesOf } from '../../src/hypervisor/libvirt/details.ts';
import { readDomainXml } from '../../src/hypervisor/libvirt/domain-xml.ts';
import {
  ownedJob,
  readBackupSocket,
  readBlockJob,
  readJobOperation,
} from '../../src/hypervisor/libvirt/job.ts';
import { definitionDigest } from '../../src/hypervisor/libvirt/known.ts';
import { readPowerState, readPowerStates } from '../../src/hypervisor/libvirt/power-state.ts';
import { readQcow2Header } from '../../src/hypervisor/libvirt/qcow2-header.ts';
import { freezeCode } from '../../src/hypervisor/libvirt/quiesce.ts';
import { domainUuid, runId } from '../../src/model/identity.ts';

const captures = join(import.meta.dirname, '..', 'captures');
const captured = (name: string): string =>
  readFileSync(join(captures, 'libvirt-9.0.0', name), 'utf8');
const uuid = domainUuid('5b2f7c1e-3f0a-4d55-9a61-0c1de8a4b7f2');
const checkpoint = 'holdfast-0a0a0a0a-20261122T020000Z-0001';

describe('domain XML', () => {
  it('is read with its disks, whatever name and description say', () => {
    const domain = readDomainXml(captured('domain-off.xml'));
    expect(domain).toMatchObject({
      uuid,
      name: 'hf-it\'s "web" <1> & ünï',
      runningId: null,
      agent: 'disconnected',
      nvram: null,
      tpm: false,
      owner: null,
    });
    expect(domain?.disks).toEqual([
      expect.objectContaining({
        target: 'vda',
        device: 'disk',
        format: 'qcow2',
        serial: 'S1',
        source: { kind: 'file', path: '/var/lib/lab/vda.qcow2' },
      }),
      expect.objectContaining({ target: 'vdb', format: 'raw', serial: null }),
      expect.objectContaining({ target: 'vdc', format: 'qcow2' }),
      expect.objectContaining({
        target: 'sda',
        device: 'cdrom',
        readonly: true,
        source: { kind: 'empty' },
      }),
    ]);
  });

  it("of a running domain says its id and QEMU's user", () => {
    const domain = readDomainXml(captured('domain-running.xml'));
    expect(domain?.runningId).toBeGreaterThan(0);
    expect(domain?.owner).toEqual({ uid: 64_055, gid: 64_055 });
  });

  it('shows a copy job as a mirror', () => {
    const domain = readDomainXml(captured('domain-mirrored.xml'));
    expect(domain?.disks.filter((disk) => disk.mirrored).map(({ target }) => target)).toEqual([
      'vdc',
    ]);
  });

  it('names network and block disks, LUKS, TPM and UEFI variables', () => {
    const domain = readDomainXml(`<domain id='3'><name>a</name><uuid>${uuid}</uuid>
      <os><nvram template='/x'>/var/lib/nvram/a.fd</nvram></os><devices>
      <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='rbd' name='pool/img'>
        <host name='mon1' port='6789'/><host name='mon2'/></source><target dev='vda'/></disk>
      <disk type='block' device='lun'><source dev='/dev/vg/lv'/><target dev='sdb'/><shareable/></disk>
      <disk type='file'><driver type='qcow2'/><source file='/a&amp;b'><encryption format='luks'/></source><target dev='vdc'/></disk>
      <disk type='volume'><source pool='p' volume='v'/><target dev='vdd'/><transient/></disk>
      <tpm model='tpm-crb'><backend type='emulator'/></tpm>
      <channel type='unix'><target name='org.qemu.guest_agent.0' state='connected'/></channel>
      </devices></domain>`);
    expect(domain).toMatchObject({
      runningId: 3,
      tpm: true,
      nvram: '/var/lib/nvram/a.fd',
      agent: 'connected',
    });
    expect(domain?.disks.map(({ source }) => source)).toEqual([
      { kind: 'network', uri: 'rbd://mon1:6789,mon2/pool/img' },
      { kind: 'block', path: '/dev/vg/lv' },
      { kind: 'file', path: '/a&b' },
      { kind: 'other', type: 'volume' },
    ]);
    expect(domain?.disks.map(({ encrypted }) => encrypted)).toEqual([false, false, true, false]);
    expect(domain?.disks[1]).toMatchObject({ device: 'lun', shareable: true, format: 'raw' });
    expect(domain?.disks[3]).toMatchObject({ transient: true });
  });

  it.each([
    ['nothing', ''],
    ['half of it', captured('domain-off.xml').slice(0, 900)],
    [
      'an entity bomb',
      `<!DOCTYPE d [<!ENTITY a "aaaa">]><domain><name>&a;</name><uuid>${uuid}</uuid></domain>`,
    ],
    ['another document', captured('checkpoint.xml')],
    ['no uuid', '<domain><name>a</name></domain>'],
  ])('is unseen when it is %s', (_, text) => expect(readDomainXml(text)).toBeNull());

  it('has a digest that indentation does not change', () => {
    const text = captured('domain-off.xml');
    expect(definitionDigest(text.replaceAll('\n  ', '\n'))).toBe(definitionDigest(text));
    expect(definitionDigest(text.replace('vda.qcow2', 'vdx.qcow2'))).not.toBe(
      definitionDigest(text),
    );
  });
});

describe('states and jobs', () => {
  it.each([
    ['domstate-running.txt', { state: 'running', reason: 'booted' }],
    ['domstate-paused.txt', { state: 'paused', reason: 'user' }],
    ['domstate-off.txt', { state: 'off', reason: expect.any(String) }],
    ['domstate-crashed.txt', { state: 'off', reason: 'crashed' }],
  ])('%s', (file, expected) => expect(readPowerState(captured(file).trim())).toEqual(expected));

  it('keeps the reason of a pause that a full disk made', () =>
    expect(readPowerState('paused (I/O error)\n')).toEqual({
      state: 'paused',
      reason: 'I/O error',
    }));

  it("reads the states of all, in virsh's words, whatever a name looks like", () => {
    const text = [
      "Domain: 'it's 'odd''\n  state.state=3\n  state.reason=5\n",
      "Domain: 'state.state=1'\n  state.state=5\n  state.reason=3\n",
      "Domain: 'new'\n  state.state=99\n  state.reason=99\n",
    ].join('\n');
    expect([...readPowerStates(text)]).toEqual([
      ["it's 'odd'", { state: 'paused', reason: 'I/O error' }],
      ['state.state=1', { state: 'off', reason: 'crashed' }],
      ['new', { state: 'unknown', reason: 'unknown' }],
    ]);
  });

  it('has no state in an error', () => expect(readPowerState('error: no domain')).toBeNull());

  it('tells a job from none, and ours from another', () => {
    expect(readJobOperation(captured('domjobinfo-none.txt'))).toBeNull();
    expect(readJobOperation(captured('domjobinfo-backup.txt'))).toBe('backup');
    expect(
      readJobOperation('Job type:         Unbounded   \nOperation:        Outgoing migration\n'),
    ).toBe('outgoing-migration');
    const socket = readBackupSocket(captured('backup-dumpxml.xml'));
    expect(socket).toBe('/var/lib/lab/sk/s.sock');
    const known = {
      run: runId('20261122T020000Z-3a9f01bc'),
      uuid,
      socket: '/var/lib/lab/sk/s.sock',
    };
    expect(ownedJob('backup', socket, uuid, [known])).toEqual({
      operation: 'backup',
      run: known.run,
    });
    expect(ownedJob('backup', '/else', uuid, [known])).toEqual({ operation: 'backup', run: null });
  });

  it('reads block jobs', () => {
    expect(readBlockJob(captured('blockjob-none.txt'))).toBeNull();
    expect(readBlockJob(captured('blockjob-copy.txt'))).toBe('block-copy');
    expect(readBlockJob(captured('blockjob-backup.txt'))).toBe('backup');
  });

  it('reads capacities by target', () => {
    expect([...capacitiesOf(captured('domstats-block.txt'))]).toEqual([
      ['vda', 67_108_864],
      ['vdb', 67_108_864],
      ['vdc', 67_108_864],
    ]);
  });
});

describe('checkpoints', () => {
  it.each([
    ['checkpoint-size.xml', 65_536],
    ['checkpoint-lost.xml', null],
    ['checkpoint.xml', null],
  ])('%s', (file, dirtyBytes) => {
    expect(readCheckpointXml(captured(file))).toEqual({
      name: checkpoint,
      parent: null,
      disks: [{ target: 'vda', bitmap: checkpoint, dirtyBytes }],
    });
  });
});

describe('qcow2 header', () => {
  it('says size, backing file and bitmaps', async () => {
    const file = await open(join(captures, 'qemu-7.2', 'bitmaps.qcow2'));
    expect(await readQcow2Header(file)).toEqual({
      sizeBytes: 8 * 1024 ** 2,
      backing: { path: 'b.qcow2', format: 'qcow2' },
      dataFile: null,
      bitmaps: [
        { name: checkpoint, granularityBytes: 65_536, flags: ['auto'] },
        { name: 'other', granularityBytes: 32_768, flags: [] },
      ],
    });
    await file.close();
  });

  it('of another file is none', async () => {
    const file = await open(join(captures, 'libvirt-9.0.0', 'domain-off.xml'));
    expect(await readQcow2Header(file)).toBeNull();
    await file.close();
  });
});

describe('freezing', () => {
  const nonce = 'n'.repeat(32);
  const said = (freeze: string, begin: string, thaw: string): string =>
    `virsh # guest-agent-timeout U --timeout 5\n\n(Time: 1.5 ms)\n\nvirsh # <${nonce.slice(0, 1)}'${nonce.slice(1)}\n` +
    [freeze, begin, thaw, ''].map((text) => `${nonce}\n(Time: 0.005 ms)\n\n${text}`).join('');

  it('is timed by virsh', () => {
    const output = readBeginOutput(
      said(
        '\n(Time: 47.397 ms)\n\n',
        'Backup started\n\n(Time: 50.5 ms)\n\n',
        '\n(Time: 4.6 ms)\n\n',
      ),
      nonce,
      true,
    );
    expect(output).toMatchObject({
      ok: true,
      value: {
        freeze: { block: { ok: true }, milliseconds: 47.397 },
        begin: { block: { ok: true, value: 'Backup started' }, milliseconds: 50.5 },
        thaw: { block: { ok: true }, milliseconds: 4.6 },
      },
    });
  });

  it('keeps each failure to its command', () => {
    const refused =
      'error: Unable to freeze filesystems\nerror: Guest agent is not responding: QEMU guest agent is not connected\n\n(Time: 0.4 ms)\n\n';
    const output = readBeginOutput(
      said(refused, 'Backup started\n\n(Time: 5 ms)\n\n', refused),
      nonce,
      true,
    );
    if (!output.ok || output.value.freeze?.block.ok !== false) throw new Error('no failure');
    expect(freezeCode(output.value.freeze.block.error.message)).toBe('no-agent');
    expect(output.value.begin.block.ok).toBe(true);
  });

  it('is a failure when virsh never came to begin', () => {
    expect(
      readBeginOutput(
        'error: failed to connect to the hypervisor\nerror: no socket\n',
        nonce,
        true,
      ),
    ).toEqual({
      ok: false,
      error: {
        code: 'libvirt-unreachable',
        message: 'failed to connect to the hypervisor: no socket',
      },
    });
    expect(readBeginOutput('', nonce, false)).toMatchObject({
      ok: false,
      error: { code: 'begin-lost' },
    });
  });

  it.each([
    ['Guest agent is not responding: Guest agent not available for now', 'agent-timeout'],
    [
      "Guest agent is not responding: agent didn't respond to command within '5' seconds",
      'agent-timeout',
    ],
    ['QEMU guest agent is not configured', 'no-agent'],
    [
      "internal error: unable to execute QEMU agent command 'guest-fsfreeze-freeze'",
      'freeze-failed',
    ],
  ])('%s', (message, code) => expect(freezeCode(message)).toBe(code));
});

const named = (name: string): string => `<domain><name>${name}</name><uuid>${uuid}</uuid></domain>`;

describe('what somebody else may have written', () => {
  it('is read in time that grows with its length', () => {
    // Quadratic, this took minutes; nothing else than an answer is asserted.
    expect(readBlockJob('\n'.repeat(1_000_000))).toBe(null);
  });

  it('has no entities beside those of XML', () => {
    expect(readDomainXml(named('&constructor;'))).toBeNull();
    expect(readDomainXml(named('&amp;constructor;'))?.name).toBe('&constructor;');
  });
});
