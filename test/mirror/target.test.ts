import { describe, expect, it } from 'vitest';
import { asRemoteShell, shellWord, sshDestination, sshWords } from '../../src/mirror/ssh-words.ts';
import { parseRcloneTarget, parseRsyncTarget } from '../../src/mirror/target.ts';

const messageOf = (result: ReturnType<typeof parseRsyncTarget | typeof parseRcloneTarget>) =>
  result.ok ? result.value : `${result.error.code}: ${result.error.message}`;

describe('an rsync target', () => {
  it.each([
    ['/vol/backups/', { kind: 'local', path: '/vol/backups' }],
    ['/vol/a:b', { kind: 'local', path: '/vol/a:b' }],
    ['nas:/vol', { kind: 'ssh', host: 'nas', user: null, path: '/vol' }],
    [
      'backup@nas.example:/vol/x y',
      { kind: 'ssh', host: 'nas.example', user: 'backup', path: '/vol/x y' },
    ],
    ['b@[fe80::1]:/vol', { kind: 'ssh', host: '[fe80::1]', user: 'b', path: '/vol' }],
  ])('%s', (target, expected) => {
    expect(parseRsyncTarget(target)).toEqual({ ok: true, value: expected });
  });

  it.each([
    ['', 'bad-target: target "": it must be /path or user@host:/path'],
    ['nas', 'bad-target: target "nas": it must be /path or user@host:/path'],
    ['nas:vol', 'bad-target: target "nas:vol": the path must begin with /'],
    ['/', 'bad-target: target "/": the root of a file system is no mirror; name a directory'],
    ['/a/../etc', 'bad-target: target "/a/../etc": the path has .. in it'],
    ['/a\nb', String.raw`bad-target: target "/a\nb": it has a control character`],
    [
      '-oProxyCommand=touch /tmp/x:/vol',
      'bad-target: target "-oProxyCommand=touch /tmp/x:/vol": it must be /path or user@host:/path',
    ],
    [
      '-oProxyCommand=x:/vol',
      'bad-target: target "-oProxyCommand=x:/vol": -oProxyCommand=x is no host name',
    ],
    ['-lroot@nas:/vol', 'bad-target: target "-lroot@nas:/vol": -lroot is no user name'],
    ['a b@nas:/vol', 'bad-target: target "a b@nas:/vol": a b is no user name'],
    ['nas;reboot:/vol', 'bad-target: target "nas;reboot:/vol": nas;reboot is no host name'],
    [
      'nas::module',
      'not-supported: target "nas::module": an rsync daemon has no encryption and no host keys; use ssh, as in user@host:/path',
    ],
    [
      'rsync://nas/module',
      'not-supported: target "rsync://nas/module": an rsync daemon has no encryption and no host keys; use ssh, as in user@host:/path',
    ],
  ])('%j is refused', (target, message) => {
    expect(messageOf(parseRsyncTarget(target))).toBe(message);
  });
});

describe('an rclone target', () => {
  it.each([
    ['s3:bucket/vm/', 's3:bucket/vm'],
    ['my remote:/vol', 'my remote:/vol'],
  ])('%s', (target, expected) => {
    expect(parseRcloneTarget(target)).toEqual({ ok: true, value: expected });
  });

  it.each([
    [
      'bucket',
      'bad-target: target "bucket": it must be remote:path, with a remote of rclone’s configuration',
    ],
    [
      ':s3,secret_access_key=x:bucket',
      'bad-target: target ":s3,secret_access_key=x:bucket": give the remote a name in rclone’s configuration, so that no secret is in a policy or on a command line',
    ],
    ['--config=x:y', 'bad-target: target "--config=x:y": --config=x is no name of a remote'],
    ['s3,secret=x:y', 'bad-target: target "s3,secret=x:y": s3,secret=x is no name of a remote'],
    ['s3:', 'bad-target: target "s3:": name a directory or bucket of the remote'],
    ['s3:a/../b', 'bad-target: target "s3:a/../b": the path has .. in it'],
  ])('%j is refused', (target, message) => {
    expect(messageOf(parseRcloneTarget(target))).toBe(message);
  });
});

describe('the words of ssh', () => {
  it('check the host, ask nothing, and end before the host', () => {
    const words = sshWords({ identityFile: '/k/my id%h', knownHosts: '/k/known', port: 2222 });
    expect(words).toEqual({
      ok: true,
      value: [
        'ssh',
        '-T',
        '-x',
        ...[
          'BatchMode=yes',
          'StrictHostKeyChecking=yes',
          'ConnectTimeout=10',
          'ServerAliveInterval=15',
          'ServerAliveCountMax=3',
          'ClearAllForwardings=yes',
          'ForwardAgent=no',
          'PermitLocalCommand=no',
          'UserKnownHostsFile="/k/known"',
          'GlobalKnownHostsFile=none',
          'IdentityFile="/k/my id%%h"',
          'IdentitiesOnly=yes',
        ].flatMap((option) => ['-o', option]),
        '-p',
        '2222',
      ],
    });
    const target = { kind: 'ssh', host: '[::1]', user: 'b', path: '/v' } as const;
    expect(sshDestination(target)).toEqual(['-l', 'b', '--', '::1']);
  });

  it.each([
    [{ identityFile: 'id' }, 'bad-path', '"id" must be an absolute path'],
    [
      { knownHosts: '/k/${HOME}' },
      'bad-path',
      '"/k/${HOME}" has a character that ssh would not take as it is; use another path',
    ],
    [{ port: 0 }, 'bad-target', '0 is no port'],
  ])('refuse %j', (settings, code, message) => {
    const none = { identityFile: null, knownHosts: null, port: null };
    expect(sshWords({ ...none, ...settings })).toEqual({ ok: false, error: { code, message } });
  });

  it('are quoted for rsync and for any shell', () => {
    expect(asRemoteShell(['ssh', '-i', "it's"])).toBe("'ssh' '-i' 'it''s'");
    expect(shellWord("it's $HOME")).toBe(String.raw`'it'\''s $HOME'`);
  });
});
