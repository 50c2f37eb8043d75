import { expect, it } from 'vitest';
import { deadRun, deadRuns, die } from './dead-run.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { backupOf, FakeWorld } from './fake-world.ts';

it('what is gone when a run begins is closed, though a person starts the domain during the run', async () => {
  const left = fakeDomain(1, { state: 'off' });
  const other = fakeDomain(2);
  using world = new FakeWorld([left, other]);
  const { uuid, name } = left;
  const intent = { kind: 'frozen-domain', uuid, name } as const;
  die(world, [intent]);
  expect(await deadRuns(world)).toMatchObject([{ run: deadRun, open: [intent] }]);
  world.onEvent = ({ kind }) => {
    if (kind === 'action-started') left.state = 'running';
  };
  const report = await world.apply([backupOf(world, other)]);
  expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
  expect(left.state).toBe('running');
  expect(await deadRuns(world)).toEqual([]);
});
