import { agentDeeds } from '../../src/simulator/agent-deeds.ts';
import { createDice } from '../../src/simulator/dice.ts';
import type { Played } from '../../src/simulator/run-seeds.ts';
import { storyOf, type Step } from '../../src/simulator/story.ts';
import { StoryAgent, type AgentWatch } from './story-agent.ts';

/** A story of the agent from a seed: what happens in all, with what people and luck do to an agent in between. */
export function agentStoryOf(seed: number): readonly Step[] {
  const dice = createDice(seed ^ 0x5eed);
  const first: readonly Step[] = dice.chance(0.5)
    ? [{ kind: 'policy', deed: 'retention', seed: dice.below(2 ** 31) }]
    : [];
  const rest = storyOf(seed).flatMap((step): readonly Step[] => {
    if (!dice.chance(0.4)) return [step];
    const own = { kind: 'agent', seed: dice.below(2 ** 31) } as const;
    // A person who looks at what a guard blocks says so at once, or never.
    if (step.kind === 'apply' && dice.chance(0.25))
      return [step, { ...own, deed: 'approve' }, { ...quietRound, seed: own.seed }];
    // It mostly sleeps, and then looks.
    if (dice.chance(0.3))
      return [step, { ...own, deed: 'sleep' }, { ...quietRound, seed: own.seed }];
    return [{ ...own, deed: dice.pick(agentDeeds) }, step];
  });
  return [...first, ...rest];
}

const quietRound = {
  kind: 'apply',
  seed: 1,
  faults: [],
  lies: [],
  beside: 'nobody',
} as const satisfies Step;

/** The agent, in stories of its own. */
export const playedByAgent = (watch: AgentWatch = {}): Played => ({
  storyOf: agentStoryOf,
  actorOf: (world) => new StoryAgent(world, watch),
});
