import { describe, expect, it } from 'vitest';
import { findMount, mountOf } from '../../src/store/mount.ts';

const table = [
  '22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw',
  '30 22 254:2 / /backups rw,noatime shared:2 master:3 - xfs /dev/mapper/vg-backups rw',
  '31 22 254:3 / /backups/old ro,noatime - ext4 /dev/sdb1 rw',
  String.raw`32 22 0:50 / /mnt/my\040disk rw - nfs4 nas:/vol/my\040backups rw`,
  String.raw`33 22 0:51 / /mnt/back\134slash rw - tmpfs tmpfs ro`,
  '34 22 254:9 / /twice rw - ext4 /dev/first rw',
  '35 34 254:8 / /twice rw - ext4 /dev/second rw',
  '',
].join('\n');

describe('mountOf', () => {
  it.each<readonly [string, string, string, boolean]>([
    ['/', '/', '/dev/vda1', false],
    ['/backup', '/', '/dev/vda1', false],
    ['/backups', '/backups', '/dev/mapper/vg-backups', false],
    ['/backups/main', '/backups', '/dev/mapper/vg-backups', false],
    ['/backupsold', '/', '/dev/vda1', false],
    ['/backups/old/x', '/backups/old', '/dev/sdb1', true],
    ['/mnt/my disk/store', '/mnt/my disk', 'nas:/vol/my backups', false],
    ['/mnt/back\\slash', '/mnt/back\\slash', 'tmpfs', true],
    ['/twice/x', '/twice', '/dev/second', false],
  ])('%s lies on %s', (path, point, source, readOnly) => {
    expect(mountOf(path, table)).toEqual({ point, source, readOnly });
  });

  it('finds nothing in an empty table', () => {
    expect(mountOf('/x', '')).toBeNull();
  });
});

it('reads the real table', async () => {
  expect(await findMount('/proc')).toMatchObject({
    isMountPoint: true,
    mount: { point: '/proc', source: 'proc' },
  });
  expect((await findMount('/proc/self/fd')).isMountPoint).toBe(false);
});
