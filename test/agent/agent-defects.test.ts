import { expect, it } from 'vitest';
import type { AgentDeed } from '../../src/simulator/agent-deeds.ts';
import type { Fault } from '../../src/simulator/fault.ts';
import { runStory } from '../../src/simulator/run-story.ts';
import type { Step } from '../../src/simulator/story.ts';
import { happens } from '../simulator/twists.ts';
import { StoryAgent } from './story-agent.ts';

const round = (seed: number, ...faults: readonly Fault[]): Step => ({
  kind: 'apply',
  seed,
  faults,
  lies: [],
  beside: 'nobody',
});

const hours = (seed: number, count: number): readonly Step[] =>
  Array.from({ length: count }, (_none, hour) => [
    happens('domain', 'write-all', seed + hour),
    happens('host', 'wait', seed + hour),
    round(seed + hour),
  ]).flat();

const agent = (deed: AgentDeed, seed: number): Step => ({ kind: 'agent', deed, seed });
// The throw of a deed's dice that chooses `additive`.
const toAdditive = agent('host-mode', 1);
const toPlanOnly = agent('policy-mode', 337024462);

// Stories that met a defect once.
const cases: readonly { readonly name: string; readonly story: readonly Step[] }[] = [
  {
    name: 'G406: a suspension in a state directory that it made itself outlives a power cut',
    story: [
      agent('suspend-all', 1294729564),
      round(1963354822, { of: 'drivers', at: 0, how: 'host-after' }),
      round(930782534),
    ],
  },
  // Between a move to the trash and the end of the round.
  ...[142, 154].map((at) => ({
    name: `G405: what a run that was killed at change ${at} moved to the trash stays there in mode additive`,
    story: [
      happens('policy', 'retention', 17),
      ...hours(17, 7).slice(0, -1),
      round(17, { of: 'changes', at, how: 'process-after' }),
      toAdditive,
      happens('host', 'wait-days', 17),
      ...hours(67, 2),
    ],
  })),
  {
    name: 'G405: so does all that is in the trash when the agent cannot read what it remembered',
    story: [
      happens('policy', 'retention', 3),
      ...hours(3, 8),
      toAdditive,
      agent('tear-state', 3),
      happens('host', 'wait-days', 3),
      ...hours(53, 2),
    ],
  },
  {
    name: 'G405: what was deleted at a mirror stays there in mode additive',
    story: [
      happens('policy', 'add-mirror', 3),
      happens('policy', 'retention', 3),
      ...hours(3, 8),
      toAdditive,
      happens('host', 'wait-days', 3),
      ...hours(53, 2),
    ],
  },
  {
    name: 'I11: a domain that a killed run had started waits, shown, while the mode is plan-only',
    story: [
      round(
        1521952509,
        { of: 'changes', at: 28, how: 'host-after' },
        { of: 'changes', at: 79, how: 'process-after' },
      ),
      round(418259778, { of: 'looks', at: 175, how: 'process-after' }),
      toPlanOnly,
      round(1167974464),
    ],
  },
  {
    name: 'I14: so does a job that a killed run had begun',
    story: [round(2, { of: 'drivers', at: 10, how: 'process-after' }), toPlanOnly, round(3)],
  },
  {
    name: 'G404: a resume that was said while the clock was ahead does not try again for ever',
    story: [
      round(2),
      happens('host', 'clock-ahead', 2),
      agent('resume', 2),
      happens('host', 'clock-back', 2),
      ...hours(2, 1).slice(0, -1),
      ...Array.from({ length: 6 }, (_none, at): readonly Step[] => [
        agent('sleep', at),
        round(2 + at, { of: 'drivers', at: 2, how: 'error-before' }),
      ]).flat(),
    ],
  },
];

it.each(cases)('$name', async ({ story }) => {
  const { violations } = await runStory(story, {}, (world) => new StoryAgent(world));
  expect(violations).toEqual([]);
});
