import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentChild } from './agent-child.ts';
import { builtProgram as main } from './build.ts';
import { eventually } from './eventually.ts';
import { LiveHost } from './host.ts';
import { virsh } from './lab.ts';
import { privateLab } from './private-lab.ts';

const MiB = 1024 ** 2;

const { lab, libvirt } = privateLab();

/** The policy takes every domain of this libvirt, but for those that are ignored. */
function writeRules(host: LiveHost, ignore: readonly string[] = []): void {
  host.writePolicy([]);
  const policy = JSON.parse(readFileSync(host.policyFile, 'utf8')) as object;
  const rules = { domains: [{ match: 'hf-*', quiesce: 'never' }], ignore };
  writeFileSync(host.policyFile, JSON.stringify({ ...policy, ...rules }));
}

describe('an agent that nothing but events wakes', () => {
  let host: LiveHost;
  let agent: AgentChild;
  beforeAll(async () => {
    host = new LiveHost(lab, 'woken');
    writeRules(host, ['*-later']);
    agent = AgentChild.start(host, main, '--interval', '36000');
    await agent.rounds(1);
  });
  afterAll(async () => {
    agent.kill('SIGKILL');
    await agent.ended();
  });

  it('takes a point of a domain that comes, because libvirt said so', async () => {
    const domain = await lab.defineDomain();
    await agent.done('backup', `domain/${domain.name}`);
    expect(agent.reasons()).toContain('libvirt');
    expect(await host.points(domain.name)).toHaveLength(1);
  });

  it('follows a policy that changes', async () => {
    const domain = await lab.defineDomain({ name: '-later' });
    await agent.round('libvirt');
    expect(await host.points(domain.name)).toEqual([]);
    writeRules(host);
    await agent.done('backup', `domain/${domain.name}`);
    expect(agent.reasons()).toContain('policy');
  });

  it('keeps the last good policy while the file is not valid, and says so', async () => {
    const good = readFileSync(host.policyFile);
    writeFileSync(host.policyFile, '{ "version": 1');
    await agent.says('The last good policy stays in force.');
    const domain = await lab.defineDomain();
    await agent.done('backup', `domain/${domain.name}`);
    writeFileSync(host.policyFile, good);
  });

  it('leaves a suspended domain alone, says why, and takes it when it is resumed', async () => {
    const { name } = await lab.defineDomain({ start: false, name: '-suspended' });
    // Whichever came first: the suspension of all, or the agent's look at the new domain.
    await host.ok('suspend', `domain/${name}`, '--reason', 'a test', '--until', '2h');
    agent.kill('SIGHUP');
    await agent.round('hangup');
    const status = await host.run('status');
    expect(status.out).toMatch(
      /agent {6}running, mode additive; looked .+ ago: .*; next look in \S+/,
    );
    expect(status.out).toContain(`suspended  domain/${name} until`);
    expect(status.out).toMatch(/\d suspensions?: the agent does not do all that is due\.\n$/);
    await host.ok('resume', `domain/${name}`);
    agent.kill('SIGHUP');
    await eventually('a point after the suspension', async () => {
      return (await host.points(name)).length === 1;
    });
  });

  it('is the only one on its host', async () => {
    const second = await host.run('agent');
    expect([second.exit, second.err]).toEqual([
      6,
      expect.stringMatching(/^holdfast: the agent of this host is locked by holdfast agent \(/),
    ]);
  });

  it('finds libvirt again when it has been away', async () => {
    await libvirt.kill();
    await agent.round('libvirt');
    await libvirt.up();
    const domain = await lab.defineDomain();
    await agent.done('backup', `domain/${domain.name}`);
  });

  it('ends when it is told to, with nothing left behind', async () => {
    agent.kill('SIGTERM');
    expect(await agent.ended(), agent.err).toBe(0);
    expect(agent.kinds()).toContain('agent-stopping');
    expect([host.incoming(), host.jobFiles()]).toEqual([[], []]);
    const { out } = await host.run('status');
    expect(out).toMatch(/agent {6}NOT RUNNING, mode additive; looked/);
  });
});

describe('SIGTERM in the middle of a copy', () => {
  let host: LiveHost;
  beforeEach(() => {
    host = new LiveHost(lab, 'stopped', { rate: '2MiB/s' });
  });

  it('ends the job and cleans up; the next round takes the point', async () => {
    const domain = await lab.defineDomain();
    await domain.write('vda', 0, 24 * MiB, 0x33);
    host.writePolicy([domain], { rule: { quiesce: 'never' } });
    const agent = AgentChild.start(host, main);
    agent.killAt('SIGTERM', ({ kind }) => kind === 'progress');
    expect(await agent.ended(), agent.err).toBe(0);
    expect(agent.events.some(({ kind }) => kind === 'progress')).toBe(true);
    expect(agent.outcomes()).toContain('backup interrupted');
    await expect(virsh('backup-dumpxml', domain.uuid)).rejects.toThrow(/no domain backup job/);
    expect([host.incoming(), host.jobFiles()]).toEqual([[], []]);
    expect(await domain.state()).toMatch(/^running/);
    host.writePolicy([domain], { rate: '1GiB/s' });
    const once = await host.run('agent', '--once');
    expect(once.exit, once.out + once.err).toBe(0);
    expect(await host.points(domain.name)).toHaveLength(1);
    expect(await host.planned()).toEqual([]);
  });
});
