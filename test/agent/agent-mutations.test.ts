import { expect, it } from 'vitest';
import { runStory } from '../../src/simulator/run-story.ts';
import { agentMutations, storyFor } from './agent-mutations.ts';
import { StoryAgent } from './story-agent.ts';

// So many stories must be enough for each.
const seeds = 60;

it.each(agentMutations)(
  "the agent's oracles see: $name",
  async (mutated) => {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { violations } = await runStory(
        storyFor(mutated, seed),
        {},
        (world) => new StoryAgent(world, mutated),
      );
      if (violations.some(({ id }) => mutated.caughtBy.includes(id))) return;
    }
    expect.fail(`no oracle objected in ${seeds} stories`);
  },
  60_000,
);
