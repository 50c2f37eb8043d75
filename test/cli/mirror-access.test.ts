import { describe, expect, it } from 'vitest';
import { accessOf } from '../../src/cli/mirror-access.ts';
import type { MirrorAccess } from '../../src/model/desired.ts';

const nas: MirrorAccess = {
  name: 'nas',
  type: 'rsync',
  target: 'backup@nas:/vol',
  bandwidthBytesPerSecond: 50,
  deletes: 'allowed',
  ssh: { identityFile: '/k', knownHosts: null, port: 22 },
  configFile: null,
};

describe('a mirror', () => {
  it('is meant by its name, with all that the policy says of it', () => {
    expect(accessOf([nas], 'nas')).toEqual({ ok: true, value: nas });
  });

  it.each([
    ['/mnt/disk', 'rsync', '/mnt/disk'],
    ['backup@nas:/vol', 'rsync', 'backup@nas:/vol'],
    ['rclone:offsite:vm', 'rclone', 'offsite:vm'],
  ])('is meant by its place, %s, and nothing is deleted there', (text, type, target) => {
    expect(accessOf([], text)).toMatchObject({
      value: { name: text, type, target, deletes: 'never', bandwidthBytesPerSecond: null },
    });
  });

  it.each([
    [
      [nas, { ...nas, name: 'cloud' }],
      'no mirror is called naz: the policy has nas, cloud; a place is written /path, user@host:/path or rclone:remote:path',
    ],
    [
      [],
      'no mirror is called naz: the policy names none; a place is written /path, user@host:/path or rclone:remote:path',
    ],
  ])('that nobody knows is refused', (mirrors, message) => {
    expect(accessOf(mirrors, 'naz')).toEqual({
      ok: false,
      error: { exit: 1, code: 'no-mirror', message },
    });
  });
});
