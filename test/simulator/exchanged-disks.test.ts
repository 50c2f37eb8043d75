import { expect, it } from 'vitest';
import { runStory } from '../../src/simulator/run-story.ts';
import { apply, happens } from './twists.ts';

it('two disks of a point are never restored to one place', async () => {
  const { violations } = await runStory([
    apply(1065219343),
    happens('domain', 'swap-disks', 175010294),
    happens('domain', 'remove-disk', 1149400765),
    happens('policy', 'schedule', 93591748),
    { kind: 'ask', deed: 'restore-disk', seed: 810135349, faults: [] },
  ]);
  expect(violations).toEqual([]);
});
