import { describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/model/instant.ts';
import { ModelAgent } from './model-agent.ts';

const of = (lines: readonly string[], words: string): readonly string[] =>
  lines.filter((line) => line.includes(words));

describe('a round of the agent', () => {
  it('takes what is due, and looks once where nothing is', async () => {
    const agent = new ModelAgent();
    const first = await agent.pass(1);
    expect(first.filter((line) => !line.includes('drop-checkpoint'))).toEqual([
      '02:00 create-store store/main done',
      '02:00 backup domain/vm1 done',
      '02:00 backup domain/vm2 done',
    ]);
    // Twelve rounds, of which the first did something and looked again.
    expect(agent.looks).toBe(13);
  });

  it('says when it is worth a look again: the next slot, not the interval', async () => {
    const agent = new ModelAgent();
    const { wakeAt } = await agent.round();
    expect(wakeAt).toBe('2026-11-22T03:00:00.000Z');
  });

  it('deletes nothing in additive mode, and what a person deleted is purged in its time', async () => {
    const agent = new ModelAgent();
    agent.mode = 'additive';
    agent.world.policy = { ...agent.world.policy, maxPoints: 2, trashKeepHours: 1 };
    const night = await agent.pass(7);
    expect(of(night, 'backup').length).toBeGreaterThan(10);
    expect(of(night, 'trash')).toEqual([]);
    agent.mode = 'full';
    const next = await agent.pass(2);
    expect(of(next, 'trash-chain').length).toBeGreaterThan(1);
    expect(agent.state.trashRuns?.length).toBeGreaterThan(0);
    agent.mode = 'additive';
    expect(of(await agent.pass(3), 'purge-trash')).toEqual([]);
    agent.state = { ...agent.state, trashRuns: [] };
    expect(of(await agent.pass(1), 'purge-trash').length).toBeGreaterThan(1);
  }, 60_000);

  it.each(['observe', 'plan-only'] as const)('does nothing at all in mode %s', async (mode) => {
    const agent = new ModelAgent();
    agent.mode = mode;
    expect(await agent.pass(2)).toEqual([]);
    expect(agent.world.host.files.look('/mnt/main/holdfast-store.json')).toBeNull();
  });

  it('waits for its window, and for the end of a suspension', async () => {
    const agent = new ModelAgent();
    // The model's clocks are Berlin's: 02:00 UTC is 03:00.
    agent.windows = ['04:00-05:00'];
    const { wakeAt } = await agent.round();
    expect(wakeAt).toBe('2026-11-22T03:00:00.000Z');
    agent.suspensions = {
      ...agent.suspensions,
      suspended: [
        {
          address: 'domain/vm1',
          reason: 'moved',
          who: 'anna',
          at: agent.world.host.now,
          until: addSeconds(agent.world.host.now, 5400),
        },
      ],
    };
    expect(of(await agent.pass(4), 'backup')).toEqual([
      '03:00 backup domain/vm2 done',
      '03:30 backup domain/vm1 done',
    ]);
  });

  it('tries what fails three times, then after pauses that grow to an hour', async () => {
    const agent = new ModelAgent();
    agent.world.policy = { ...agent.world.policy, quiesce: 'required' };
    for (const domain of agent.world.host.domains) {
      domain.state = 'running';
      domain.wanted = 'running';
      domain.agent = domain.name === 'vm1' ? 'disconnected' : 'connected';
    }
    const tries = of(await agent.pass(5), 'backup domain/vm1');
    expect(tries.map((line) => line.slice(0, 5))).toEqual([
      // The store was made: the world is another one, and it counts from here.
      '02:00',
      '02:05',
      '02:10',
      '02:15',
      '02:25',
      '02:45',
      '03:25',
      '04:25',
      '05:25',
      '06:25',
    ]);
    expect(agent.state.failing.map(({ action, times }) => [action, times])).toEqual([
      ['backup domain/vm1', 9],
    ]);
    // Somebody says that the cause is gone.
    const resumed = [{ address: 'domain/vm1', at: agent.world.host.now }];
    agent.suspensions = { ...agent.suspensions, resumed };
    expect(of([...(await agent.pass(0.08))], 'vm1')).toHaveLength(1);
    // The world changes: it counts from nothing again, and the guest can be frozen.
    for (const domain of agent.world.host.domains) domain.agent = 'connected';
    expect(of(await agent.pass(0.2), 'vm1')[0]).toMatch(/backup domain\/vm1 done/);
    expect(agent.state.failing).toEqual([]);
  }, 60_000);
});
