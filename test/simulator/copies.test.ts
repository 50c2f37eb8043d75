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
