import { expect, it } from 'vitest';
import { runStory } from '../../src/simulator/run-story.ts';
import { apply, happens } from './twists.ts';

it('a drill whose result the full store does not take is not called done', async () => {
  const { violations } = await runStory([
    apply(675892764),
    happens('host', 'fill', 1447817445),
    happens('policy', 'drill', 965394121),
    apply(548473749),
  ]);
  expect(violations).toEqual([]);
});
