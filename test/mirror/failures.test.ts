import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { farFailure } from '../../src/mirror/far-failure.ts';
import type { CommandFailure } from '../../src/process/run.ts';

const captures = join(import.meta.dirname, '../captures/mirror');

const exited = (stderr: string): CommandFailure => ({
  code: 'exit',
  program: 'rsync',
  exitCode: 12,
  stdout: '',
  stderr,
  message: 'rsync failed (12)',
});

const where = 'mirror nas (nas:/vol): ';
const said: Readonly<Record<string, readonly [code: string, words: string]>> = {
  'rclone-no-remote': [
    'mirror-missing',
    `Failed to create file system for "nosuch:x": didn't find section in config file; rclone’s configuration has no remote of that name; see rclone config file`,
  ],
  'rclone-refused': [
    'mirror-unreachable',
    'Failed to create file system for "d:x": read metadata failed: Propfind "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused; check that it is running and the network to it',
  ],
  'rsync-changed-host-key': [
    'host-key-unknown',
    'Host key verification failed; check the far end’s host key and put it into the known-hosts file',
  ],
  'rsync-dropped': [
    'mirror-unreachable',
    'rsync: connection unexpectedly closed (44 bytes received so far) [sender]; the connection ended in the middle; what has arrived is gone on with',
  ],
  'rsync-full': [
    'mirror-full',
    'rsync: [receiver] write failed on "/vol/ro/new/domains/a": No space left on device (28); make room there; the copy is then gone on with',
  ],
  'rsync-no-name': [
    'mirror-unreachable',
    'ssh: Could not resolve hostname no-such-host.invalid: Name or service not known; the name has no address; check it and the network',
  ],
  'rsync-no-root': [
    'mirror-missing',
    'rsync: [sender] change_dir "/vol/none" failed: No such file or directory (2); mount its disk or make the directory',
  ],
  'rsync-not-there': [
    'not-supported',
    'sh: 1: rsync: not found; install rsync there, and give the account a shell that finds it',
  ],
  'rsync-not-writable': [
    'permission',
    'rsync: [generator] recv_generator: mkdir "/vol/ro/new/domains" failed: Permission denied (13); give the account there the right to read and write the mirror’s directory',
  ],
  'rsync-read-only': [
    'permission',
    'rsync: [Receiver] mkdir "/vol/ro/new2" failed: Read-only file system (30); it is read-only there; mount it so that it can be written, or name it to packaging/install.sh, which lets the agent’s unit write there',
  ],
  'rsync-refused': [
    'mirror-unreachable',
    'ssh: connect to host 127.0.0.1 port 17099: Connection refused; check that it is running and the network to it',
  ],
  'rsync-unknown-host-key': [
    'host-key-unknown',
    'Host key verification failed; check the far end’s host key and put it into the known-hosts file',
  ],
  'rsync-wrong-key': [
    'permission',
    'backup@127.0.0.1: Permission denied (publickey,keyboard-interactive); the account there does not accept this key; check user and identity file',
  ],
};

it('every capture has its sentence', () => {
  const names = readdirSync(captures).map((name) => name.replace('.txt', ''));
  expect(names.toSorted()).toEqual(Object.keys(said).toSorted());
});

it.each(Object.entries(said))('%s', (name, [code, words]) => {
  const stderr = readFileSync(join(captures, `${name}.txt`), 'utf8');
  const failure = farFailure('nas', 'nas:/vol', exited(stderr));
  expect(failure).toEqual({ code, message: `${where}${words}` });
});

const of = (failure: Partial<CommandFailure>) =>
  farFailure('nas', 'nas:/vol', { ...exited(''), ...failure });

it('a program that is missing, that hangs, that is stopped, and one that says nothing known', () => {
  expect(of({ code: 'not-started', message: 'rsync could not be started: ENOENT' })).toEqual({
    code: 'not-supported',
    message: `${where}rsync could not be started: ENOENT; install rsync on this host`,
  });
  expect(of({ code: 'timed-out', message: 'rsync did not end within 3 s' })).toEqual({
    code: 'mirror-unreachable',
    message: `${where}rsync did not end within 3 s; check that it is running and the network to it`,
  });
  expect(of({ code: 'canceled' })).toEqual({ code: 'canceled', message: `${where}stopped` });
  expect(of({ stderr: 'first\nsomething odd.\n' })).toEqual({
    code: 'mirror-failed',
    message: `${where}something odd`,
  });
  const log = [
    '{"level":"error","msg":"Failed to copy: 507 Insufficient Storage","object":"a/vda.qcow2"}',
    '{"level":"notice","msg":"1 / 2","stats":{"bytes":1}}',
  ].join('\n');
  expect(of({ stderr: log })).toEqual({
    code: 'mirror-full',
    message: `${where}a/vda.qcow2: Failed to copy: 507 Insufficient Storage; make room there; the copy is then gone on with`,
  });
});
