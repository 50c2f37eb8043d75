import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseHostFile } from '../../src/policy/host-file.ts';

const packaging = join(import.meta.dirname, '..', '..', 'packaging');
const hasSystemd = ['/usr/bin/systemd-analyze', '/usr/bin/systemd-tmpfiles'].every((path) =>
  existsSync(path),
);

it('ships a host file that is valid', () => {
  const text = readFileSync(join(packaging, 'host.yaml'), 'utf8');
  expect(parseHostFile(text, 'host.yaml')).toMatchObject({
    ok: true,
    value: { policy: '/etc/holdfast/policy.yaml', agent: { maxMode: 'full' } },
  });
});

describe.skipIf(!hasSystemd)('the unit, as install.sh puts it below a root', () => {
  const root = mkdtempSync(join(tmpdir(), 'hf-unit-'));
  const unit = join(root, 'etc/systemd/system/holdfast-agent.service');
  const program = join(root, 'bin', 'holdfast');
  const install = (...directories: readonly string[]): string =>
    execFileSync(join(packaging, 'install.sh'), directories, {
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      env: { PATH: `${join(root, 'bin')}:${process.env['PATH']}`, DESTDIR: root },
    });
  beforeAll(() => {
    mkdirSync(join(root, 'bin'));
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    install();
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('names the program that is installed', () => {
    expect(readFileSync(unit, 'utf8')).toContain(`\nExecStart=${program} agent\n`);
  });

  it('makes the directories, and keeps a host file that is there', () => {
    for (const path of ['etc/holdfast/credentials', 'var/lib/holdfast/scratch', 'run/holdfast'])
      expect(existsSync(join(root, path)), path).toBe(true);
    writeFileSync(join(root, 'etc/holdfast/host.yaml'), 'uri: "test:///default"\n');
    install();
    expect(readFileSync(join(root, 'etc/holdfast/host.yaml'), 'utf8')).toContain('test:///');
  });

  it('makes stores and mirrors, and lets the unit write there: those of earlier runs too', () => {
    install('/backups', '/mnt/usb');
    install('/mnt/usb', '/mnt/nas');
    for (const path of ['backups', 'mnt/usb', 'mnt/nas'])
      expect(statSync(join(root, path)).mode.toString(8), path).toBe('40700');
    const file = join(root, 'etc/systemd/system/holdfast-agent.service.d/directories.conf');
    expect(readFileSync(file, 'utf8').split('\n').slice(1)).toEqual([
      '[Service]',
      'ReadWritePaths=-/backups',
      'ReadWritePaths=-/mnt/usb',
      'ReadWritePaths=-/mnt/nas',
      '',
    ]);
    for (const [path, why] of [
      ['backups', 'write the whole path, from /'],
      ['/mnt/my disk', 'write a directory of letters, digits and / . _ -'],
      ['/mnt/../etc', 'write a directory of letters, digits and / . _ -'],
      ['/mnt/usb/', 'write a directory without / at its end'],
    ] as const)
      expect(() => install(path), path).toThrow(`install.sh: ${path}: ${why}\n`);
  });

  it('is understood by systemd, to the last word', () => {
    // Without --man=no it would look for manuals, which not every host has.
    const said = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
    expect([said.status, said.stdout, said.stderr]).toEqual([0, '', '']);
  });

  it('is hardened: an exposure of at most 3.5 of 10', () => {
    // Ends with 1 above the threshold, which is in tenths.
    const said = execFileSync(
      'systemd-analyze',
      ['security', '--offline=true', '--threshold=35', '--no-pager', unit],
      { encoding: 'utf8' },
    );
    expect(said).toMatch(/Overall exposure level for holdfast-agent\.service: \d/);
  });
});
