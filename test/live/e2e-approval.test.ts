import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { run } from '../../src/process/run.ts';
import { GitRig } from '../source/git-rig.ts';
import { builtProgram as main } from './build.ts';
import { LiveHost, type Ran } from './host.ts';
import type { LabDomain } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();

let rig: GitRig;
let host: LiveHost;
let domain: LabDomain;
let address = '';
beforeAll(async () => {
  rig = new GitRig('alice');
  host = new LiveHost(lab, 'approving', {
    // Each point a chain, and the newest alone is kept: all others go at once.
    retention: { chain: { maxPoints: 1 }, keep: { last: 1 } },
  });
  domain = await lab.defineDomain({ start: false, disks: [{ target: 'vda', sizeBytes: MiB }] });
  address = `domain/${domain.name}`;
  host.writePolicy([domain]);
  const written = JSON.parse(readFileSync(host.hostFile, 'utf8')) as object;
  const verify = { signers: rig.signersFile };
  const source = { url: rig.repository, verify };
  writeFileSync(host.hostFile, JSON.stringify({ ...written, source, approvals: verify }));
  commitPolicy('full', 'policy');
  for (let point = 0; point < 4; point += 1) await takePoint();
});
afterAll(() => rig[Symbol.dispose]());

/** The policy of now, in a commit that is signed. */
function commitPolicy(mode: 'full' | 'additive', message: string): void {
  const policy = JSON.parse(readFileSync(host.policyFile, 'utf8')) as object;
  const text = JSON.stringify({ ...policy, agent: { mode } });
  rig.commit({
    by: 'alice',
    message,
    write: { 'policy.yaml': text },
    date: new Date().toISOString(),
  });
}

/** The real program, with the policy that is in git. */
async function holdfast(...args: readonly string[]): Promise<Ran> {
  const ran = await run({
    program: process.execPath,
    args: [main, '--host-config', host.hostFile, ...args],
    timeoutSeconds: 120,
  });
  if (ran.ok) return { exit: 0, out: ran.value.stdout, err: ran.value.stderr };
  const { error } = ran;
  if (error.code !== 'exit') throw new Error(error.message);
  return { exit: error.exitCode, out: error.stdout, err: error.stderr };
}

/** One more chain; a targeted plan deletes nothing. */
async function takePoint(): Promise<void> {
  const ran = await holdfast('apply', '--auto-approve', '--target', address, '--now', address);
  expect(ran.exit, ran.out + ran.err).toBe(0);
}

async function plan(): Promise<Plan> {
  return JSON.parse((await holdfast('--json', 'plan')).out) as Plan;
}

/** Chains that the plan of now would delete, those that a guard holds, and what G201 says. */
async function doomed(): Promise<readonly [number, number, string | undefined]> {
  const { actions, guards } = await plan();
  const trashed = actions.filter(({ kind }) => kind === 'trash-chain');
  const blocked = trashed.filter(({ blockedBy }) => blockedBy.includes('G201'));
  const effect = guards.find(({ code }) => code === 'G201')?.effect;
  return [trashed.length, blocked.length, effect];
}

const points = async (): Promise<number> => (await host.points(domain.name)).length;

const apply = async (): Promise<readonly [number | null, number]> => {
  const ran = await holdfast('apply', '--auto-approve');
  return [ran.exit, await points()];
};

/** Saves the plan of now, and approves what G201 blocks in it. */
async function approve(...args: readonly string[]): Promise<Ran> {
  const file = join(host.dir, 'plan.json');
  const saved = await holdfast('plan', '--out', file);
  expect([0, 4], saved.err).toContain(saved.exit);
  const ran = await holdfast('approve', file, '--guard', `G201=${address}`, ...args);
  expect(ran.exit, ran.err).toBe(0);
  return ran;
}

const signed = ['--key'];

it('waits while a guard blocks, and plan says for what', async () => {
  const shown = await holdfast('plan', '--detailed-exitcode');
  expect(shown.exit, shown.err).toBe(4);
  expect(shown.out).toContain(`block G201 ${address} would lose 3 of 4 chains: 75 % > 30 %\n`);
  expect(shown.out).toContain(`--allow G201=${address}\n`);
  expect(await doomed()).toEqual([3, 3, 'block']);
  expect(await apply()).toEqual([4, 4]);
});

it('does in the mode additive nothing of it, approved or not, and shows it', async () => {
  await approve(...signed, rig.key('alice'), '--for', '1');
  expect(await doomed()).toEqual([3, 0, 'allowed']);
  commitPolicy('additive', 'additive');
  const once = await holdfast('agent', '--once');
  expect(once.out).toContain('withheld: mode additive');
  expect(once.out.match(new RegExp(`^! - ${address}/`, 'gm'))).toHaveLength(3);
  expect(await points()).toBe(4);
  commitPolicy('full', 'full');
});

it('counts no more for a plan that deletes anything else too', async () => {
  await takePoint();
  // One that a newer full replaces goes without being counted, as on every night.
  expect(await doomed()).toEqual([4, 3, 'block']);
  expect(await apply()).toEqual([4, 4]);
  expect(await doomed()).toEqual([3, 3, 'block']);
});

it('counts no more after its end', async () => {
  await approve(...signed, rig.key('alice'), '--for', '1');
  expect(await doomed()).toEqual([3, 0, 'allowed']);
  host.aheadSeconds = 3601;
  const late = await host.run('plan', '--json');
  const { guards } = JSON.parse(late.out) as Plan;
  expect(guards.find(({ code }) => code === 'G201')?.effect).toBe('block');
  host.aheadSeconds = 0;
});

it('is done by the next apply, exactly once', async () => {
  expect(await apply()).toEqual([0, 1]);
  expect(await doomed()).toEqual([0, 0, undefined]);
  expect(await apply()).toEqual([0, 1]);
  const { used } = JSON.parse(
    readFileSync(join(host.dir, 'state', 'approvals', 'used.json'), 'utf8'),
  ) as { readonly used: Readonly<Record<string, { readonly subjects: readonly string[] }>> };
  const counts = Object.values(used).map(({ subjects }) => subjects.length);
  // The one that ran out in the mode additive did nothing.
  expect(counts.toSorted((a, b) => a - b)).toEqual([0, 3]);
});

it('is given by a line in a signed commit too, which the agent takes', async () => {
  for (let point = 0; point < 3; point += 1) await takePoint();
  const [exit, before] = await apply();
  expect([exit, before > 2]).toEqual([4, true]);
  const { out } = await approve('--trailer');
  expect(out).toMatch(/^Holdfast-Approve: \S+ \S+ [0-9a-f,]+ G201=/);
  // Not signed by an approver: it is no approval, nor is the commit followed.
  rig.commit({ by: 'mallory', message: `x\n\n${out}`, date: new Date().toISOString() });
  const refused = await holdfast('agent', '--once');
  expect([refused.exit, await points()]).toEqual([8, before]);
  rig.git('reset', '-q', '--hard', 'HEAD~1');
  commitPolicy('full', `delete them\n\n${out}`);
  // At most two chains a round.
  for (let left = before; left > 1; left = Math.max(left - 2, 1)) {
    expect(await points()).toBe(left);
    await holdfast('agent', '--once');
  }
  expect(await points()).toBe(1);
});
