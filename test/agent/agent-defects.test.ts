import { expect, it } from 'vitest';
import { runStory } from '../../src/simulator/run-story.ts';
import type { Step } from '../../src/simulator/story.ts';
import { StoryAgent } from './story-agent.ts';

// Shortened stories of seeds that met a defect once.
const cases: readonly { readonly name: string; readonly story: readonly Step[] }[] = [
  {
    name: 'G406: a suspension in a state directory that it made itself outlives a power cut',
    story: [
      { kind: 'agent', deed: 'suspend-all', seed: 1294729564 },
      {
        kind: 'apply',
        seed: 1963354822,
        faults: [{ of: 'drivers', at: 0, how: 'host-after' }],
        lies: [],
        beside: 'nobody',
      },
      { kind: 'apply', seed: 930782534, faults: [], lies: [], beside: 'nobody' },
    ],
  },
];

it.each(cases)('$name', async ({ story }) => {
  const { violations } = await runStory(story, {}, (world) => new StoryAgent(world));
  expect(violations).toEqual([]);
});
