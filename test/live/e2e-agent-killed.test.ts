import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AgentChild } from './agent-child.ts';
import { builtProgram as main } from './build.ts';
import { eventually } from './eventually.ts';
import { LiveHost } from './host.ts';
import { type LabDomain, virsh } from './lab.ts';
import { isLong } from './long.ts';
import { privateLab } from './private-lab.ts';
import { isOver, score } from './score.ts';
import { SteppingClock } from './stepping-clock.ts';

const MiB = 1024 ** 2;

const { lab } = privateLab();

// In `npm test` as many kills as fit into some seconds; `npm run torture` goes on for minutes.
const kills = isLong ? 120 : 6;

const dice = (sides: number): number => Math.floor(Math.random() * sides);

it('converges after SIGKILL again and again, while policy and domains change', async () => {
  const host = new LiveHost(lab, 'killed', { rate: '16MiB/s', trashKeepFor: '1h' });
  const domains: LabDomain[] = [
    await lab.defineDomain(),
    await lab.defineDomain({ start: false, disks: [{ target: 'vda' }, { target: 'vdb' }] }),
  ];
  /** Each minute a point; a chain of two points, so that all of it goes round. */
  const writePolicy = (mode: string): void => {
    const retention = { chain: { maxPoints: 2 + dice(2) }, keep: { chains: 1 } };
    host.writePolicy(domains, {
      schedule: '* * * * *',
      retention,
      rule: { quiesce: 'never' },
      rate: ['8MiB/s', '16MiB/s', '1GiB/s'][dice(3)] ?? '1GiB/s',
    });
    const policy = JSON.parse(readFileSync(host.policyFile, 'utf8')) as object;
    writeFileSync(host.policyFile, JSON.stringify({ ...policy, agent: { mode } }));
  };
  writePolicy('full');
  const log: string[] = [];
  const changes: (() => Promise<void>)[] = [
    async () => {
      const running = await virsh('list', '--name');
      for (const domain of domains)
        if (running.split('\n').includes(domain.name))
          await domain.write('vda', dice(32) * MiB, MiB, 1 + dice(250)).catch(() => {});
    },
    async () => void domains.push(await lab.defineDomain({ start: dice(2) === 0 })),
    async () => writePolicy(['full', 'additive'][dice(2)] ?? 'full'),
    async () => writeFileSync(host.policyFile, '{ "version": 1'),
  ];
  // Clocks are set in long runs: half an hour is nothing, from two days on no deletion is believed in (G154).
  const clock = new SteppingClock(host.dir);
  const steps = [172_800, -1800, -172_800, 1800, 0];
  if (isLong) changes.push(async () => clock.set(steps[dice(steps.length)] ?? 0));
  const days = new Set<string>();
  for (let kill = 0; kill < kills && !isOver(); kill += 1) {
    if (isLong) clock.set(steps[kill % steps.length] ?? 0);
    const agent = AgentChild.startUnder(isLong ? clock.wrap : [], host, main, '--interval', '1');
    // After so many lines of a run; a quiet one is killed at its third round.
    let left = 1 + dice(25);
    const mayDie = new Promise<void>((resolve) => {
      agent.onEvent = () => {
        left -= 1;
        if (left === 0) resolve();
      };
    });
    await changes[dice(changes.length)]?.();
    await Promise.race([mayDie, agent.rounds(3)]);
    agent.kill('SIGKILL');
    expect(await agent.ended(), agent.err).toBe('SIGKILL');
    score({ area: 'agent', kind: 'SIGKILL agent', compared: 0 });
    log.push(agent.kinds().join(' '));
    for (const { at } of agent.events) if (at !== undefined) days.add(at.slice(0, 10));
  }
  expect(log.join('\n')).toContain('agent-woke');
  // Each fifth one lived two days ahead, and one two days back.
  if (log.length > 20) expect(days.size).toBeGreaterThan(1);
  writePolicy('full');
  // The guards of dead runs look once a second, and end their jobs.
  let round = '';
  // What was killed in the instant before its guard ran leaves a directory that is swept a day later.
  const left = (): readonly string[] =>
    [...host.incoming(), ...host.jobFiles()].filter((name) => !name.startsWith('virsh-'));
  await eventually(
    'the guards are gone',
    async () => {
      const { out, err } = await host.run('agent', '--once');
      round = `${out}${err}`;
      return left().length === 0;
    },
    () => [...left(), round].join('\n'),
  );
  host.writePolicy(domains, { schedule: '0 0 1 1 *', retention: {} });
  const last = await host.run('apply', '--auto-approve');
  expect([0, 4], `${log.join('\n')}\n${last.out}${last.err}`).toContain(last.exit);
  const planned = (await host.plan()).actions.filter(({ blockedBy }) => blockedBy.length === 0);
  expect(planned.map(({ id }) => id)).toEqual([]);
  const points = await host.points();
  expect(points.filter(({ fault }) => fault !== null)).toEqual([]);
  for (const domain of domains) {
    expect(await host.points(domain.name), domain.name).not.toEqual([]);
    const checkpoints = await virsh('checkpoint-list', domain.uuid, '--name');
    expect(checkpoints.split('\n').filter((name) => name !== '')).toHaveLength(1);
    await expect(virsh('backup-dumpxml', domain.uuid)).rejects.toThrow(
      /no domain backup job|not running/,
    );
  }
  const [first] = domains;
  const verified = await host.run('verify', `domain/${first?.name}`);
  expect(verified.exit, verified.out + verified.err).toBe(0);
  expect(readFileSync(`${host.dir}/state/agent.json`, 'utf8')).toContain('"formatVersion": 1');
});
