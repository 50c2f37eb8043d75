import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Cli } from '../cli/cli.ts';
import { observation, policyText } from '../cli/fixture.ts';
import { GitRig } from '../source/git-rig.ts';
import { farDirectory, farUser, startSshd, type FarHost } from './mirror-servers.ts';

const port = 17_822;
const directory = mkdtempSync(join(tmpdir(), 'hf-source-ssh-'));
let far: FarHost;
let rig: GitRig;
let cli: Cli;
let url = '';
let number = 0;

beforeAll(async () => {
  far = await startSshd(directory, port);
});
afterAll(async () => {
  await far.stop();
  rmSync(directory, { recursive: true, force: true });
});

beforeEach(() => {
  rig = new GitRig('alice');
  cli = new Cli();
  cli.write('observed.json', observation());
  number += 1;
  url = `ssh://${farUser}@127.0.0.1:${port}${far.home}/policies-${number}`;
  writeHost();
  return () => {
    rig[Symbol.dispose]();
    cli[Symbol.dispose]();
  };
});

/** The host file: whose key the host shows, and which keys of servers it knows. */
function writeHost({ identityFile, knownHosts }: Partial<FarHost> = {}): void {
  const ssh = {
    identityFile: identityFile ?? far.identityFile,
    knownHosts: knownHosts ?? far.knownHosts,
  };
  const verify = { signers: rig.signersFile };
  const source = { url, path: 'kvm01/policy.yaml', verify, ssh, timeout: '20s' };
  cli.write('host.yaml', { stateDir: rig.stateDir, source });
}

/** Commits a policy, and puts the repository where the far account has it. */
function commit(text: string, by?: string): string {
  const made = rig.commit({
    ...(by === undefined ? {} : { by }),
    write: { 'kvm01/policy.yaml': text },
  });
  const there = join(far.home, `policies-${number}`);
  rmSync(there, { recursive: true, force: true });
  cpSync(rig.repository, there, { recursive: true });
  farDirectory(there);
  return made;
}

const run = async (...args: readonly string[]) => cli.run(['--host-config', 'host.yaml', ...args]);
const plan = async () => run('plan', '--observed', 'observed.json');
const said = (made: string): string =>
  `Policy kvm01/policy.yaml at main ${made.slice(0, 7)}, signed by alice@example.org.\n`;
const wider = policyText.replace('26h', '27h');

/** Looks at the branch: it is followed to this commit, and plans are made by it. */
async function follows(made: string): Promise<void> {
  expect(await run('verify-source')).toMatchObject({ exit: 0, err: '' });
  expect(await plan()).toMatchObject({ exit: 0, err: said(made) });
}

/** A policy is in force; what follows is not reached, that is said, and the old policy counts. */
async function stays(first: string, why: string): Promise<void> {
  expect((await run('verify-source')).exit).toBe(8);
  const ran = await plan();
  expect([ran.exit, ran.err]).toEqual([
    0,
    `${said(first)}holdfast: ${url} could not be fetched: ${why}; the last good policy stays in force\n`,
  ]);
  expect(ran.out).toContain(`kvm01/policy.yaml at main ${first.slice(0, 7)}`);
}

/** A policy is in force, and the branch has a next one. */
async function between(): Promise<string> {
  const first = commit(policyText, 'alice');
  await follows(first);
  commit(wider, 'alice');
  return first;
}

it('is fetched with the identity file from a server whose key is known, as another user there', async () => {
  await follows(commit(policyText, 'alice'));
  // sshd hands no GIT_PROTOCOL on, and gives out no single file: the whole branch came instead.
  await follows(commit(wider, 'alice'));
  rig.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
  const third = commit(policyText, 'alice');
  await follows(third);
  commit(wider, 'mallory');
  expect((await run('verify-source')).exit).toBe(8);
  const refused = await plan();
  expect([refused.exit, refused.err.startsWith(said(third))]).toEqual([8, true]);
});

it('is refused when the server shows another key than the known one, or none is known', async () => {
  const first = await between();
  const [words = ''] = readFileSync(far.knownHosts, 'utf8').split(' ');
  const knownHosts = join(rig.dir, 'known');
  writeFileSync(knownHosts, `${words} ${rig.publicKey('stranger')}\n`);
  writeHost({ knownHosts });
  await stays(first, 'Host key verification failed');
  writeFileSync(knownHosts, '');
  await stays(first, 'Host key verification failed');
  writeHost();
  expect((await run('verify-source')).exit).toBe(0);
});

it('is refused when the server does not take the key', async () => {
  const first = await between();
  writeHost({ identityFile: rig.key('stranger') });
  await stays(first, `${farUser}@127.0.0.1: Permission denied (publickey,keyboard-interactive)`);
});

it('stays in force while the server is away', async () => {
  const first = await between();
  await far.stop();
  await stays(first, `ssh: connect to host 127.0.0.1 port ${port}: Connection refused`);
});
