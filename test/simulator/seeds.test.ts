import { expect, it } from 'vitest';
import { runSeeds } from '../../src/simulator/run-seeds.ts';
import { runStory } from '../../src/simulator/run-story.ts';
import { stepText, storyOf } from '../../src/simulator/story.ts';
import { mutationCases } from './mutations.ts';

// The short share of `npm run torture`: half of the stories have mirrors.
const share = { from: 1, count: 24 };

it('tells the stories of some seeds, and no oracle objects', async () => {
  const { violations, faults, crashes, points, steps } = await runSeeds(share);
  expect(violations).toEqual([]);
  // A share in which nothing happens would prove nothing.
  expect(steps).toBeGreaterThan(500);
  expect(crashes).toBeGreaterThan(20);
  expect(points).toBeGreaterThan(1000);
  for (const kind of ['error-before', 'error-after', 'half', 'no-space', 'process-after']) {
    expect(faults[kind], kind).toBeGreaterThan(0);
  }
}, 180_000);

it('tells a story twice the same', async () => {
  const few = { from: 100, count: 2 };
  expect(await runSeeds(few)).toEqual(await runSeeds(few));
});

it('prints of a seed that fails a short story, which fails too', async () => {
  const twist = mutationCases.find(({ name }) => name.startsWith('one domain waits'))?.twist ?? {};
  const { violations } = await runSeeds({ from: 1, count: 20, twist });
  const [first] = violations;
  if (first === undefined) throw new Error('no oracle objected');
  expect(first.story.length).toBeGreaterThan(0);
  expect(first.story.length).toBeLessThan(4);
  const whole = storyOf(first.seed);
  const short = whole.filter((step) => first.story.includes(stepText(step)));
  const again = await runStory(short.length === first.story.length ? short : whole, { ...twist });
  expect(again.violations.map(({ id }) => id)).toContain(first.violation.id);
}, 180_000);
