import { expect, it } from 'vitest';
import { runSeed } from '../../src/simulator/run-story.ts';
import { mutationCases } from './mutations.ts';

// So many stories must be enough for each: the slowest to be caught needs about half of them.
const seeds = 40;

it.each(mutationCases)('the oracles see: $name', async ({ twist, caughtBy }) => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const [violation] = (await runSeed(seed, twist)).violations;
    if (violation === undefined) continue;
    expect(caughtBy, `seed ${seed}: ${violation.message}`).toContain(violation.id);
    return;
  }
  expect.fail(`no oracle objected in ${seeds} stories`);
});
