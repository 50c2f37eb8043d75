import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gitFinding, sourceFindings } from '../../src/cli/doctor-source.ts';
import { parseHostFile, type HostFile } from '../../src/policy/host-file.ts';
import { writePublishState } from '../../src/source/publish-state.ts';
import { GitRig, policyOf } from '../source/git-rig.ts';
import { followed, look } from '../source/looking.ts';

vi.setConfig({ testTimeout: 60_000 });

let rig: GitRig;
beforeEach(() => {
  rig = new GitRig('alice');
});
afterEach(() => rig[Symbol.dispose]());

/** A host file with the rig's repository; `keys` of its source are changed. */
function hostOf(keys: object = {}, more: object = {}): HostFile {
  const source = { url: rig.repository, verify: { signers: rig.signersFile }, ...keys };
  const text = JSON.stringify({ stateDir: rig.stateDir, source, ...more });
  const host = parseHostFile(text, 'host.yaml');
  if (!host.ok) throw new Error(host.error.map(({ summary }) => summary).join());
  return host.value;
}

const now = (): number => rig.nowMs;

/** What is found, but for the git of this machine. */
const found = async (host: HostFile) => {
  const all = await sourceFindings(
    host,
    (source) => ({ source, stateDir: host.stateDir, now }),
    now,
  );
  expect(all[0]).toMatchObject({ severity: 'ok', code: 'git', subject: 'host' });
  return all
    .slice(1)
    .map(({ severity, code, subject, message, remedy }) => [
      `${severity} ${code} ${subject}`,
      message.replaceAll(rig.dir, 'RIG'),
      remedy?.replaceAll(rig.dir, 'RIG'),
    ]);
};

const reached = ['ok source source', 'main of RIG/upstream can be reached', undefined];
const unreached = [
  'source-unreachable source',
  "RIG/upstream could not be reached: 'RIG/upstream' does not appear to be a git repository",
  'look whether the git server is up, and the url and the branch are right; then holdfast verify-source',
];

const wrong = (subject: string) => [
  [
    `error identity-file ${subject}`,
    'the key RIG/host.key is open to other users (mode 640): ssh does not use it',
    'chmod 600 RIG/host.key',
  ],
  [
    `error known-hosts ${subject}`,
    'RIG/known_hosts is not there: no git server is known, and none is trusted',
    "ssh-keyscan SERVER > RIG/known_hosts, and compare its fingerprint with the server's",
  ],
];

describe('doctor of a git source', () => {
  it('is content with one that can be reached, and changes nothing', async () => {
    const first = await followed(rig);
    rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(20) } });
    expect(await found(hostOf())).toEqual([reached]);
    const again = await look(rig.setting({ url: join(rig.dir, 'nowhere') }));
    expect(again.state.inForce?.commit).toBe(first);
  });

  it('says that it cannot be reached: an error while nothing is in force, then a warning', async () => {
    const [what, ...words] = unreached;
    rig.commit({ by: 'alice', write: { 'policy.yaml': policyOf(10) } });
    renameSync(rig.repository, `${rig.repository}.away`);
    expect(await found(hostOf())).toEqual([[`error ${what}`, ...words]]);
    renameSync(`${rig.repository}.away`, rig.repository);
    await look(rig.setting());
    renameSync(rig.repository, `${rig.repository}.away`);
    expect(await found(hostOf())).toEqual([[`warning ${what}`, ...words]]);
    renameSync(`${rig.repository}.away`, rig.repository);
    const [branch] = await found(hostOf({ branch: 'other' }));
    expect(branch?.[1]).toBe('RIG/upstream could not be reached: it has no branch other');
  });

  it('says that the newest commit is refused', async () => {
    await followed(rig);
    const bad = rig.commit({ write: { 'policy.yaml': policyOf(20) } });
    await look(rig.setting());
    const [refused, ...rest] = await found(hostOf());
    expect(rest).toEqual([reached]);
    expect(refused?.[0]).toBe('warning source-refused source');
    expect(refused?.[1]).toContain(`${bad.slice(0, 7)} is not signed; the last good policy stays`);
  });

  it('says what is wrong with the files of those who may sign', async () => {
    const remedy =
      'write the keys into it, as ssh-keygen(1) says under ALLOWED SIGNERS, and chmod 644';
    rig.allow(rig.line('alice', 'valid-before="20260101"'));
    expect(await found(hostOf())).toEqual([
      [
        'error signers-expired source',
        'RIG/allowed_signers: the time of every key in it is over',
        'add a line for a key that counts today',
      ],
    ]);
    rmSync(rig.signersFile);
    const missing = 'RIG/allowed_signers: it is not there; the host file names it';
    expect(await found(hostOf({}, { approvals: { signers: rig.signersFile } }))).toEqual([
      ['error signers-file source', missing, remedy],
      ['error signers-file approvals', missing, remedy],
    ]);
    rig.allow(rig.line('alice'));
    const verify = { signers: rig.signersFile, revoked: join(rig.dir, 'revoked') };
    expect(await found(hostOf({ verify }))).toEqual([
      [
        'error signers-file source',
        'RIG/revoked: it is not there; the host file names it',
        'make it, or take revoked out of the host file',
      ],
    ]);
  });

  it('says what is wrong with the keys of ssh, for the source and for what is told', async () => {
    const identityFile = rig.key('host');
    const knownHosts = join(rig.dir, 'known_hosts');
    chmodSync(identityFile, 0o640);
    const ssh = { identityFile, knownHosts };
    // Nobody listens there, and nobody is asked while the files are wrong.
    const url = 'ssh://git@127.0.0.1:9/policies.git';
    expect(await found(hostOf({ url, ssh }, { publish: { url, ssh } }))).toEqual([
      ...wrong('source'),
      ...wrong('publish'),
    ]);
    writeFileSync(knownHosts, '');
    rmSync(identityFile);
    expect((await found(hostOf({ url, ssh }))).map(([, message]) => message)).toEqual([
      'the key RIG/host.key is not there',
      'RIG/known_hosts is empty: no git server is known, and none is trusted',
    ]);
  });

  it('says that the state was not told', async () => {
    await followed(rig);
    const failed = { at: '2026-11-22T09:00:00.000Z', message: 'x did not take y: away' };
    writePublishState(rig.stateDir, { told: null, failed });
    expect(await found(hostOf({}, { publish: { url: rig.repository } }))).toEqual([
      reached,
      ['warning not-published publish', 'x did not take y: away', 'holdfast publish tries again'],
    ]);
  });
});

it('knows a git that is too old', () => {
  expect(gitFinding('git version 2.39.5 (Apple Git-154)\n')).toMatchObject({ severity: 'ok' });
  expect(gitFinding('git version 2.30.2\n')).toEqual({
    severity: 'error',
    code: 'git',
    subject: 'host',
    message: 'git 2.30.2 is older than 2.34.0: it cannot verify ssh signatures',
    remedy: 'install git 2.34.0 or newer',
  });
});
