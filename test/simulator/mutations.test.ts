import { expect, it } from 'vitest';
import { runStory } from '../../src/simulator/run-story.ts';
import { storyOf } from '../../src/simulator/story.ts';
import { checkMutations } from './check-mutations.ts';
import { mirrorMutations } from './mirror-mutations.ts';
import { mutationCases } from './mutations.ts';
import { restoreMutations } from './restore-mutations.ts';

// So many stories must be enough for each; the slowest need about a third of them.
const seeds = 60;

it('knows what to take away', () => expect(mutationCases.length).toBeGreaterThan(15));

it.each([...mutationCases, ...mirrorMutations, ...checkMutations, ...restoreMutations])(
  'the oracles see: $name',
  async ({ twist, caughtBy, story = storyOf }) => {
    for (let seed = 1; seed <= seeds; seed += 1) {
      // What the plans then do may be noticed too; it is the one that knows why that must speak.
      const { violations } = await runStory(story(seed), twist);
      if (violations.some(({ id }) => caughtBy.includes(id))) return;
    }
    expect.fail(`no oracle objected in ${seeds} stories`);
  },
  60_000,
);
