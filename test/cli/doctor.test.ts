import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkStoreAccess, checkWay, clockWords } from '../../src/cli/doctor-host.ts';
import { observedFindings } from '../../src/cli/doctor-observed.ts';
import { backupFinding, isAtLeast, versionFindings } from '../../src/cli/doctor-programs.ts';
import { domainUuid } from '../../src/model/identity.ts';
import type { ObservedDomain, ObservedState } from '../../src/model/observed.ts';
import type { DoctorReport } from '../../src/model/report.ts';
import { seen, unseen } from '../../src/model/result.ts';
import { desiredStore } from '../planner/build-policy.ts';
import { bareHost } from './bare-host.ts';
import { Cli } from './cli.ts';

describe('versions', () => {
  it.each([
    ['9.0.0', '7.6.0', true],
    ['7.6.0', '7.6.0', true],
    ['7.10', '7.6.0', true],
    ['7.5.9', '7.6.0', false],
    ['20.20.2', '20.19.0', true],
    ['6', '6.0.0', true],
  ])('%s is at least %s: %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });

  it('reads what virsh says', () => {
    const text = `Compiled against library: libvirt 9.0.0
Using library: libvirt 9.0.0
Using API: QEMU 9.0.0
Running hypervisor: QEMU 7.2.22
Running against daemon: 7.5.0

`;
    expect(versionFindings(text)).toEqual([
      {
        severity: 'error',
        code: 'libvirt-version',
        subject: 'libvirt',
        message: 'libvirt 7.5.0 is older than 7.6.0: it cannot take incremental backups',
        remedy: 'upgrade libvirt to 7.6.0 or newer',
      },
      {
        severity: 'ok',
        code: 'qemu-version',
        subject: 'libvirt',
        message: 'QEMU 7.2.22',
        remedy: null,
      },
    ]);
  });

  it('reads whether libvirt can do backups', () => {
    expect(backupFinding("<features>\n<backup supported='yes'/>").severity).toBe('ok');
    expect(backupFinding("<features>\n<backup supported='no'/>").severity).toBe('error');
    expect(backupFinding(null).message).toBe('libvirt does not say what its machines can do');
  });
});

describe('checkWay', () => {
  const root = mkdtempSync(join(tmpdir(), 'hf-way-'));
  const inner = join(root, 'closed', 'scratch');
  mkdirSync(inner, { recursive: true });
  chmodSync(root, 0o711);
  const stranger = { uid: 64_055, gid: 64_055 };

  it('says the first directory that bars the way, and the remedy', () => {
    chmodSync(join(root, 'closed'), 0o700);
    expect(checkWay(inner, stranger, 'scratch')).toEqual({
      severity: 'error',
      code: 'scratch-reachable',
      subject: 'scratch',
      message: `QEMU's user (64055) cannot go through ${root}/closed (mode 700)`,
      remedy: `chmod o+x ${root}/closed`,
    });
  });

  it('is content with search bits alone, and with what is still to be made', () => {
    chmodSync(join(root, 'closed'), 0o711);
    expect(checkWay(join(inner, 'later'), stranger, 'scratch').severity).toBe('ok');
    rmSync(root, { recursive: true });
  });

  it('takes the owner and the group by their own bits', () => {
    const owned = mkdtempSync(join(tmpdir(), 'hf-way-'));
    chmodSync(owned, 0o600);
    const me = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    expect(checkWay(owned, me, 'scratch').severity).toBe('error');
    expect(checkWay(owned, { uid: 64_055, gid: me.gid }, 'scratch').severity).toBe('error');
    chmodSync(owned, 0o710);
    expect(checkWay(owned, { uid: 64_055, gid: me.gid }, 'scratch').severity).toBe('ok');
    rmSync(owned, { recursive: true });
  });
});

describe('checkStoreAccess', () => {
  const uid = process.getuid?.() ?? 0;
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-doctor-'));

  it('says nothing of a store that is ours alone, or not there', () => {
    chmodSync(directory, 0o700);
    expect(checkStoreAccess(directory, 'store/main', uid)).toBeNull();
    expect(checkStoreAccess(join(directory, 'none'), 'store/main', uid)).toBeNull();
  });

  it('warns of one that others can change', () => {
    chmodSync(directory, 0o777);
    expect(checkStoreAccess(directory, 'store/main', uid)).toEqual({
      severity: 'warning',
      code: 'store-writable-by-others',
      subject: 'store/main',
      message: `${directory} can be written by other users (mode 777): they can delete or replace points`,
      remedy: `chmod go-w ${directory}`,
    });
  });

  it.skipIf(uid !== 0)('warns of one that is somebody else’s', () => {
    chownSync(directory, 65_534, 65_534);
    expect(checkStoreAccess(directory, 'store/main', uid)).toEqual({
      severity: 'warning',
      code: 'store-owner',
      subject: 'store/main',
      message: `${directory} belongs to user 65534, who can delete or replace every point in it`,
      remedy: `chown 0 ${directory}`,
    });
    rmSync(directory, { recursive: true });
  });
});

describe('observedFindings', () => {
  const domain: ObservedDomain = {
    uuid: domainUuid('11111111-2222-3333-4444-555555555555'),
    name: 'web01',
    persistent: true,
    state: 'running',
    stateReason: 'booted',
    runningId: 3,
    managedSave: false,
    agent: 'none',
    disks: [],
    internalSnapshots: ['before'],
    job: null,
    blockJobs: [],
    checkpoints: seen([]),
    nvram: null,
    tpm: false,
    definitionDigest: 'd',
  };
  const state: ObservedState = {
    ...bareHost([domain]),
    stores: [
      {
        name: 'main',
        path: '/backups',
        state: { kind: 'unseen', failure: { code: 'not-mounted', message: 'nothing is mounted' } },
      },
    ],
    runs: unseen('journal', 'not readable'),
  };

  it('says each with its remedy', () => {
    const findings = observedFindings(state, { stores: [], domains: [], removed: [] });
    expect(findings.map(({ severity, code, subject }) => `${severity} ${code} ${subject}`)).toEqual(
      [
        'warning agent domain/web01',
        'warning internal-snapshots domain/web01',
        'error not-mounted store/main',
        'warning scratch-small scratch',
        'error journal host',
      ],
    );
    expect(findings.every(({ remedy }) => remedy !== null)).toBe(true);
  });

  it('only warns of a store that no rule uses', () => {
    const stores = [desiredStore({ isUnused: true })];
    const findings = observedFindings(state, { stores, domains: [], removed: [] });
    expect(findings.find(({ subject }) => subject === 'store/main')).toEqual({
      severity: 'warning',
      code: 'not-mounted',
      subject: 'store/main',
      message: 'nothing is mounted; no rule uses it',
      remedy: 'mount it, or take it out of the policy',
    });
  });

  it('says that libvirt does not answer', () => {
    const dark = { ...state, hypervisor: unseen('connect', 'libvirtd does not answer') };
    expect(observedFindings(dark, { stores: [], domains: [], removed: [] })[0]).toEqual({
      severity: 'error',
      code: 'connect',
      subject: 'libvirt',
      message: 'libvirtd does not answer',
      remedy: 'start libvirtd, or run as root or as a member of the group libvirt',
    });
  });
});

it('says the time in the zone of the host', () => {
  expect(clockWords(new Date('2026-11-22T09:30:02Z'), 'Europe/Berlin')).toBe(
    'the clock says 2026-11-22 10:30:02+01:00 (Europe/Berlin)',
  );
});

it('says once that the host file is broken, and the remedy', async () => {
  using cli = new Cli();
  cli.write('host.yaml', 'uri: [\n');
  const { exit, out } = await cli.run(['--json', '--host-config', 'host.yaml', 'doctor']);
  const { findings } = JSON.parse(out) as DoctorReport;
  expect(exit).toBe(1);
  expect(findings.filter(({ code }) => code === 'host-file')).toEqual([
    {
      severity: 'error',
      code: 'host-file',
      subject: 'host',
      message: expect.stringMatching(/^the host file is not valid:\n/) as string,
      remedy:
        'correct that place in the host file, or name another one with --host-config; holdfast schema host says what may be in it',
    },
  ]);
});
