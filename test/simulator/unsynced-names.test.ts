import { expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/fault.ts';
import { runStory } from '../../src/simulator/run-story.ts';
import type { Step } from '../../src/simulator/story.ts';
import { apply, happens } from './twists.ts';

const dying = (seed: number, ...faults: readonly Fault[]): Step => ({
  kind: 'apply',
  seed,
  faults,
  lies: [],
  beside: 'nobody',
});

it('what a restore that was killed had renamed, and not made durable, comes back to nobody', async () => {
  const { violations } = await runStory([
    happens('policy', 'drill', 1722488613),
    apply(1088112390),
    apply(2012717092),
    {
      kind: 'ask',
      deed: 'restore-as',
      seed: 380551963,
      faults: [{ of: 'changes', at: 18, how: 'process-before' }],
    },
    dying(
      1422459244,
      { of: 'changes', at: 23, how: 'host-after' },
      { of: 'looks', at: 45, how: 'error-before' },
    ),
  ]);
  expect(violations).toEqual([]);
});

it('what a failed restore could not make durable is made so before its run forgets it', async () => {
  const { violations } = await runStory([
    happens('policy', 'add-mirror', 44440576),
    apply(351459143),
    happens('host', 'wait', 289529880),
    { kind: 'ask', deed: 'restore-as', seed: 127558049, faults: [] },
    dying(1965256534, { of: 'changes', at: 47, how: 'host-before' }),
    dying(
      604344277,
      { of: 'mirrors', at: 26, how: 'process-before' },
      { of: 'looks', at: 284, how: 'host-after' },
    ),
    {
      kind: 'ask',
      deed: 'restore-images',
      seed: 212743390,
      faults: [
        { of: 'changes', at: 31, how: 'half' },
        { of: 'changes', at: 30, how: 'error-after' },
      ],
    },
    dying(1999733112, { of: 'looks', at: 2, how: 'host-before' }),
  ]);
  expect(violations).toEqual([]);
});
