import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runId } from '../../src/model/identity.ts';
import { openJournal } from '../../src/store/journal.ts';
import { readRuns } from '../../src/store/runs.ts';
import { fakeDomain } from './fake-hypervisor.ts';
import { backupOf, FakeWorld } from './fake-world.ts';

it('what is gone when a run begins is closed, though a person starts the domain during the run', async () => {
  const left = fakeDomain(1, { state: 'off' });
  const other = fakeDomain(2);
  using world = new FakeWorld([left, other]);
  const stateDir = join(world.root, 'state');
  const run = runId('20261121T020000Z-0000dead');
  const journal = openJournal({ stateDir, run, clock: world.now });
  if (!journal.ok) throw new Error(journal.error.message);
  const { uuid, name } = left;
  const intent = { kind: 'frozen-domain', uuid, name } as const;
  journal.value.append({ kind: 'intent', action: 'a', intent });
  journal.value.close();
  expect(await readRuns(stateDir)).toMatchObject({ value: [{ run, open: [intent] }] });
  world.onEvent = ({ kind }) => {
    if (kind === 'action-started') left.state = 'running';
  };
  const report = await world.apply([backupOf(world, other)]);
  expect(report.actions.map(({ outcome }) => outcome.code)).toEqual(['done']);
  expect(left.state).toBe('running');
  expect(await readRuns(stateDir)).toEqual({ seen: true, value: [] });
});
