import { expect, it } from 'vitest';
import { runStory } from '../../src/simulator/run-story.ts';
import { apply, happens } from './twists.ts';

it('I3: a copy that was found damaged, deleted there and is wanted again is sound after one copy', async () => {
  const { violations } = await runStory([
    happens('policy', 'add-mirror', 1049696513),
    {
      kind: 'apply',
      seed: 555161108,
      faults: [{ of: 'drivers', at: 17, how: 'host-after' }],
      lies: [],
      beside: 'nobody',
    },
    happens('policy', 'add-mirror', 478670801),
    apply(536695753),
    happens('host', 'flip', 1638167161),
  ]);
  expect(violations).toEqual([]);
});

it('a check of copies that leads to a damaged point of the store takes the runs that it needs', async () => {
  const { violations } = await runStory([
    happens('policy', 'add-mirror', 1653933553),
    happens('mirror', 'away', 2092809707),
    happens('policy', 'mirror-verify', 1525196135),
    apply(226916871),
    happens('host', 'flip', 2034798568),
  ]);
  expect(violations).toEqual([]);
});

it('what one host mended at a mirror is seen by another one whose look was cut off while it was damaged', async () => {
  const { violations } = await runStory([
    happens('policy', 'add-mirror', 124563631),
    apply(1060979437),
    happens('host', 'wait', 2102260326),
    apply(1414602608),
    happens('mirror', 'cut-manifest', 1542037120),
    {
      kind: 'apply',
      seed: 1687294613,
      faults: [
        { of: 'changes', at: 0, how: 'half' },
        { of: 'drivers', at: 27, how: 'half' },
      ],
      lies: [],
      beside: 'other-host',
    },
  ]);
  expect(violations).toEqual([]);
});

it('I9: what is in the trash of a domain stays there in the run that finds a copy of it damaged', async () => {
  const { violations } = await runStory([
    happens('policy', 'add-mirror', 222790178),
    apply(1603805155),
    happens('domain', 'new-domain', 1008044118),
    happens('host', 'wait', 861348395),
    apply(1611170828),
    happens('policy', 'mirror-verify', 1494426479),
    {
      kind: 'apply',
      seed: 1098972897,
      faults: [
        { of: 'looks', at: 16, how: 'host-after' },
        { of: 'mirrors', at: 30, how: 'half' },
      ],
      lies: [],
      beside: 'nobody',
    },
    apply(1020470061),
    happens('host', 'wait', 1073370024),
    {
      kind: 'apply',
      seed: 948222108,
      faults: [{ of: 'drivers', at: 20, how: 'host-after' }],
      lies: [],
      beside: 'nobody',
    },
    happens('mirror', 'flip', 20),
    happens('policy', 'mirror-verify', 1542722987),
  ]);
  expect(violations).toEqual([]);
});

it('I3: what is held at a mirror beside manifests that are all cut off is seen when a copy brought another one', async () => {
  const { violations } = await runStory([
    happens('policy', 'add-mirror', 408205640),
    happens('domain', 'save-memory', 893633604),
    apply(2041391460),
    happens('domain', 'lose-bitmaps', 1247039744),
    happens('mirror', 'hold', 1927235059),
    happens('mirror', 'cut-manifest', 442132242),
  ]);
  expect(violations).toEqual([]);
});

it('I3: a copy in quarantine that then lost a file too is sound, and out of it, after one copy', async () => {
  const { violations } = await runStory([
    happens('policy', 'add-mirror', 589479893),
    apply(1746795653),
    happens('mirror', 'remove-chain', 1329287499),
    happens('mirror', 'flip', 877751019),
    happens('policy', 'mirror-verify', 1161567594),
    apply(978123723),
    happens('mirror', 'lose-file', 1483545505),
    apply(2009642719),
  ]);
  expect(violations).toEqual([]);
});
