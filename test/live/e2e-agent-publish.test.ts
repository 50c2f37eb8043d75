import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { AgentChild } from './agent-child.ts';
import { builtProgram as main } from './build.ts';
import { eventually } from './eventually.ts';
import { LiveHost } from './host.ts';
import { sh, type LabDomain } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;
const secret = 'correct-horse-battery';

const { lab } = privateLab();

let domain: LabDomain;
let upstream = '';
beforeAll(async () => {
  domain = await lab.defineDomain({ start: false, disks: [{ target: 'vda', sizeBytes: MiB }] });
  upstream = join(lab.dir, 'upstream.git');
  await sh('git', 'init', '-q', '--bare', '-b', 'main', upstream);
  // What a forge does: no branch is ever rewritten.
  await sh('git', '-C', upstream, 'config', 'receive.denyNonFastForwards', 'true');
});

/** A host that tells its state on a branch of the common repository. */
function telling(name: string, agent: object = {}): LiveHost {
  const host = new LiveHost(lab, name);
  host.writePolicy([domain], { rule: { quiesce: 'never' } });
  const written = JSON.parse(readFileSync(host.hostFile, 'utf8')) as object;
  const tokenFile = join(host.dir, 'token');
  writeFileSync(tokenFile, secret);
  const publish = { url: upstream, branch: `holdfast/state/${name}`, every: '1s' };
  const notify = [{ on: ['failed'], command: ['/bin/true', secret] }];
  const file = { ...written, publish, notify, agent: { tokenFile, ...agent } };
  writeFileSync(host.hostFile, JSON.stringify(file));
  return host;
}

/** Commits of a host's branch, the newest first; none before the first. */
async function commits(name: string): Promise<readonly string[]> {
  const listed = await sh(
    'git',
    '-C',
    upstream,
    'for-each-ref',
    `refs/heads/holdfast/state/${name}`,
  );
  if (listed === '') return [];
  const log = await sh('git', '-C', upstream, 'log', '--format=%H', `holdfast/state/${name}`);
  return log.trim().split('\n');
}

const told = async (name: string, file: string): Promise<string> =>
  sh('git', '-C', upstream, 'show', `holdfast/state/${name}:${file}`);

const hook = (): string => join(upstream, 'hooks', 'pre-receive');

it('tells what changed, and nothing while nothing changes; hosts that share a repository meet in nothing', async () => {
  const host = telling('one');
  const agent = AgentChild.start(host, main, '--interval', '1');
  await agent.done('backup', `domain/${domain.name}`);
  await eventually('the point is told', async () => {
    if ((await commits('one')).length === 0) return false;
    const { domains } = JSON.parse(await told('one', 'status.json')) as {
      readonly domains: readonly { readonly points: number }[];
    };
    return domains[0]?.points === 1;
  });
  const other = telling('two');
  expect((await other.run('agent', '--once')).exit).toBe(0);
  expect(await commits('two')).toHaveLength(1);
  // Were it told in each round, there would be no such stretch.
  await eventually('rounds that tell nothing', async () => {
    const before = await commits('one');
    const rounds = agent.kinds().filter((kind) => kind === 'agent-round').length;
    await agent.rounds(rounds + 2);
    return (await commits('one')).length === before.length;
  });
  agent.kill('SIGTERM');
  expect(await agent.ended(), agent.err).toBe(0);
  const files = await sh('git', '-C', upstream, 'ls-tree', '--name-only', 'holdfast/state/one');
  expect(files.trim().split('\n')).toEqual([
    'observed.json',
    'plan.json',
    'plan.md',
    'status.json',
  ]);
  for (const file of files.trim().split('\n'))
    expect(await told('one', file), file).not.toContain(secret);
  // What CI plans from it is what the host would do.
  const observed = join(host.dir, 'observed.json');
  writeFileSync(observed, await told('one', 'observed.json'));
  expect(await host.ok('plan', '--observed', observed)).toContain('No changes.');
});

it('takes its points while the repository refuses it, says so once, and tells when it may again', async () => {
  writeFileSync(hook(), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const host = telling('three');
  const agent = AgentChild.start(host, main, '--interval', '1', '--listen', '127.0.0.1:0');
  const refusal = `the state was not told: ${upstream} did not take holdfast/state/three: [remote rejected] (pre-receive hook declined)`;
  await agent.done('backup', `domain/${domain.name}`);
  await agent.says(refusal);
  const metrics = async (): Promise<string> => {
    const url = agent.url();
    const answer = await fetch(`${url}/metrics`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    return answer.text();
  };
  await eventually('two failures are counted', async () =>
    /^holdfast_publications_total\{result="failed"\} [2-9]/m.test(await metrics()),
  );
  expect(agent.said('agent-note').filter((message) => message === refusal)).toHaveLength(1);
  rmSync(hook());
  await agent.says('the state is told again');
  expect(await commits('three')).not.toEqual([]);
  await eventually('it is counted', async () =>
    /^holdfast_publications_total\{result="told"\} [1-9]/m.test(await metrics()),
  );
  agent.kill('SIGTERM');
  expect(await agent.ended(), agent.err).toBe(0);
});
